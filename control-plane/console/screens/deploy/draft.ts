// The resource that is being written: one value, shown as a form and as YAML, each editing the other. Fields that the
// form does not know stay as the YAML has them.

import { parse } from 'yaml';
import { toYaml } from '../../look/yaml.ts';

export type ResourceDraft = Readonly<Record<string, unknown>>;

export interface ModelFields {
  readonly name: string;
  readonly uri: string;
  readonly contextTokens: string;
  readonly replicas: string;
  readonly policy: string;
}

export const FIRST_DRAFT: ResourceDraft = {
  apiVersion: 'intramuros.dev/v1alpha1',
  kind: 'Model',
  metadata: { name: 'contracts', namespace: 'default' },
  spec: { source: { uri: 'bundled://clinical-extraction' }, replicas: 1 },
};

export function fieldsOf(draft: ResourceDraft): ModelFields {
  return {
    name: textAt(draft, ['metadata', 'name']),
    uri: textAt(draft, ['spec', 'source', 'uri']),
    contextTokens: textAt(draft, ['spec', 'contextTokens']),
    replicas: textAt(draft, ['spec', 'replicas']),
    policy: textAt(draft, ['spec', 'privacy', 'policy']),
  };
}

/** The draft with one field of the form changed; an empty optional field is left out. */
export function withField(draft: ResourceDraft, field: keyof ModelFields, value: string): ResourceDraft {
  switch (field) {
    case 'name':
      return withAt(draft, ['metadata', 'name'], value);
    case 'uri':
      return withAt(draft, ['spec', 'source', 'uri'], value);
    case 'contextTokens':
      return withAt(draft, ['spec', 'contextTokens'], numberOr(value));
    case 'replicas':
      return withAt(draft, ['spec', 'replicas'], numberOr(value));
    case 'policy':
      return withAt(draft, ['spec', 'privacy'], value === '' ? undefined : { policy: value });
  }
}

export type ParsedYaml =
  | { readonly ok: true; readonly draft: ResourceDraft }
  | { readonly ok: false; readonly fault: string };

/** One document that is a mapping; the fault names line and column. */
export function readYaml(text: string): ParsedYaml {
  try {
    const value: unknown = parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return { ok: true, draft: value as ResourceDraft };
    }
    return { ok: false, fault: 'apiVersion: …, kind: …, metadata: …, spec: …' };
  } catch (error) {
    return { ok: false, fault: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error) };
  }
}

export function yamlOfDraft(draft: ResourceDraft): string {
  return toYaml(draft);
}

/** A number where it is one; else the text, so that what is wrong with it can be said. */
function numberOr(value: string): unknown {
  if (value.trim() === '') return undefined;
  return /^\d+$/.test(value.trim()) ? Number(value) : value;
}

function textAt(draft: ResourceDraft, path: readonly string[]): string {
  let value: unknown = draft;
  for (const key of path) value = isRecord(value) ? value[key] : undefined;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function withAt(draft: ResourceDraft, [key = '', ...rest]: readonly string[], value: unknown): ResourceDraft {
  if (rest.length === 0) {
    const { [key]: _before, ...others } = draft;
    return value === undefined ? others : { ...draft, [key]: value };
  }
  const inner = draft[key];
  return { ...draft, [key]: withAt(isRecord(inner) ? inner : {}, rest, value) };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
