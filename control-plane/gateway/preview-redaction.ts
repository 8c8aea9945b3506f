// The body that the model would see for a request, without sending it: the gateway's own stages, for the admin API.
// Nothing of it is kept.

import { fail } from '../errors.ts';
import { inspect } from '../redaction/inspect.ts';
import { ENDPOINTS, type EndpointName, readRequest } from '../wire/endpoint.ts';
import { isObject } from '../wire/json.ts';
import type { ApiKeys } from './api-keys.ts';
import { identify } from './authenticate.ts';
import { redactBody } from './redact-request.ts';
import { findTarget, type RouteCatalog } from './route.ts';

export interface PreviewParts {
  readonly keys: Pick<ApiKeys, 'find'>;
  readonly catalog: RouteCatalog;
  readonly surrogateKey: Uint8Array;
}

export interface RedactionPreview {
  readonly body: unknown;
  readonly counts: Readonly<Record<string, number>>;
  readonly policy: string;
}

/** Throws what the gateway would answer: an unknown key, field, model, or content that is blocked. */
export function previewRedaction(request: { body: unknown; key: string }, parts: PreviewParts): RedactionPreview {
  const caller = identify(`Bearer ${request.key}`, parts.keys);
  const name = endpointOf(request.body);
  const endpoint = ENDPOINTS.find((known) => known.name === name);
  if (endpoint === undefined) throw fail('internal', { detail: `The endpoint ${name} has no table.` });
  const parsed = readRequest(endpoint, request.body);
  const target = findTarget(caller, parsed.model, parts.catalog);
  const inspected = { parsed, inspection: inspect(parsed.slots), tenant: caller.tenant };
  const { upstreamBody, redactionCounts } = redactBody(inspected, target, parts.surrogateKey);
  return { body: JSON.parse(upstreamBody), counts: redactionCounts, policy: target.policy.sources.join('+') };
}

/** A body tells its endpoint by the field that only it has. */
function endpointOf(body: unknown): EndpointName {
  if (isObject(body) && 'input' in body) return 'embeddings';
  if (isObject(body) && 'prompt' in body) return 'completions';
  return 'chat.completions';
}
