// What the record says of a proposal: what it is about and a digest of what it asks for, so that the text that was
// approved can be told from any other; of a policy also the hash that requests under it will bear.
// Imports the audit format, policy and the types of stored proposals.

import { createHash } from 'node:crypto';
import type { Kind, Resource } from '../../../operator/api/resource.ts';
import { canonicalJson } from '../../audit/format/canonical-json.ts';
import { effectivePolicy } from '../../policy/effective-policy.ts';
import type { RecordFacts } from '../http/route.ts';

export interface ProposedChange {
  readonly id?: string;
  readonly kind: Kind;
  readonly name: string;
  readonly wanted: Resource | undefined;
  readonly base?: Resource | undefined;
}

export function proposalFacts(change: ProposedChange, step: string, baseGeneration?: number): RecordFacts {
  const { id, kind, name, wanted, base } = change;
  const generation = base?.metadata.generation ?? baseGeneration;
  return {
    object: { kind, name },
    proposal: {
      ...(id === undefined ? {} : { id }),
      step,
      operation: wanted === undefined ? 'delete' : 'apply',
      ...(generation === undefined || generation === 0 ? {} : { baseGeneration: generation }),
      ...(wanted === undefined ? {} : { digest: digestOf(wanted.spec) }),
    },
    ...policyFacts(wanted),
  };
}

/** Of a policy alone: what composes it with others has another hash. */
export function policyFacts(resource: Resource | undefined): RecordFacts {
  if (resource?.kind !== 'PrivacyPolicy') return {};
  const { metadata, spec } = resource;
  return { policy: { name: metadata.name, hash: effectivePolicy([{ name: metadata.name, spec }]).hash } };
}

function digestOf(spec: unknown): string {
  return `sha256:${createHash('sha256').update(canonicalJson(spec)).digest('hex')}`;
}
