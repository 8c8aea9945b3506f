// The path of a resource in the admin API, from what a person types. Imports operator/api.

import { metadataSchema, type ResourceKey } from '../../operator/api/metadata.ts';
import { findKind, KIND_NAMES, KINDS, type Kind } from '../../operator/api/resource.ts';
import { type Option, type OptionValues, UsageError } from './command.ts';

export const NAMESPACE_OPTION: Readonly<Record<'namespace', Option>> = {
  namespace: { type: 'string', short: 'n', value: 'NAME', help: 'Namespace of the resource; default: default.' },
};

/** @throws UsageError */
export function readKind(word: string): Kind {
  const kind = findKind(word);
  if (kind !== undefined) return kind;
  throw new UsageError(
    'KIND',
    `is not known; the kinds are ${KIND_NAMES.map((name) => KINDS[name].plural).join(', ')}`,
  );
}

/** The namespace asked for; undefined where none is, or where the kind belongs to none. @throws UsageError */
export function readNamespace(kind: Kind, values: OptionValues): string | undefined {
  const namespace = values.text('namespace');
  if (namespace === undefined) return undefined;
  if (!metadataSchema.safeParse({ name: 'any', namespace }).success) {
    throw new UsageError('--namespace', 'takes at most 63 lower-case letters, digits and dashes');
  }
  return KINDS[kind].scope === 'Namespaced' ? namespace : undefined;
}

export function resourcePath(kind: Kind, { namespace, name }: ResourceKey): string {
  const { plural, scope, defaultNamespace = 'default' } = KINDS[kind];
  const at = scope === 'Namespaced' ? `${encodeURIComponent(namespace ?? defaultNamespace)}/` : '';
  return `/api/v1/resources/${plural}/${at}${encodeURIComponent(name)}`;
}

/** `model/clinical-extraction` */
export function resourceName(kind: Kind, name: string): string {
  return `${KINDS[kind].singular}/${name}`;
}
