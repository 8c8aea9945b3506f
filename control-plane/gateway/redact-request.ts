// What the target may see: its own effective policy applied to the texts that were found. Done for each attempt, so
// that a fallback to a stricter target redacts again.

import { createHmac, type KeyObject } from 'node:crypto';
import type { Inspection } from '../redaction/inspect.ts';
import { deriveNonce, redact } from '../redaction/redact.ts';
import { type ParsedRequest, serialiseRequest } from '../wire/endpoint.ts';
import { isObject, type JsonObject, type JsonValue } from '../wire/json.ts';
import { ContentBlocked } from './content-blocked.ts';
import { advance, type Redacted, type RedactedFacts, type Routed, type Target } from './exchange.ts';

export function redactRequest(routed: Routed, target: Target, surrogateKey: HmacKey): Redacted {
  const body = redactBody({ ...routed, tenant: routed.caller.tenant }, target, surrogateKey);
  return advance<'Redacted', RedactedFacts>({ ...routed, target, ...body });
}

/** A KeyObject where it is used for every request: bytes are looked at anew each time. */
export type HmacKey = Uint8Array | KeyObject;

export interface InspectedBody {
  readonly parsed: ParsedRequest;
  readonly inspection: Inspection;
  readonly tenant: string;
}

export type RedactedBody = Pick<RedactedFacts, 'surrogates' | 'redactionCounts' | 'upstreamBody' | 'answerMode'>;

/** The body that the target sees. Throws `content_blocked` with the path. Also what a preview shows. */
export function redactBody(inspected: InspectedBody, target: Target, surrogateKey: HmacKey): RedactedBody {
  const { parsed, inspection, tenant } = inspected;
  const redaction = redact(inspection, target.policy, deriveNonce(surrogateKey, tenant, parsed.firstUserTurn));
  if (redaction.blocked.length > 0) throw new ContentBlocked(redaction.blocked, target);
  for (const [index, slot] of parsed.slots.entries()) slot.replace(redaction.texts[index] ?? '');
  for (const write of parsed.settle) write();
  // Added to a copy: the parsed body is shared by all attempts, and says what the caller asked for.
  const schema = answerSchema(parsed, target);
  const salt = cacheSalt(inspected, target, surrogateKey);
  const body = { ...parsed.body, ...schema, ...usage(parsed), ...salt, ...lora(parsed, target) };
  return {
    surrogates: redaction.surrogates,
    redactionCounts: redaction.counts,
    upstreamBody: serialiseRequest({ body, settle: [] }),
    answerMode: 'response_format' in schema ? 'json' : parsed.answerMode,
  };
}

/** A specialised model may ship the schema of its answers; it holds where the caller asks for no format of their own. */
function answerSchema({ endpoint, body }: ParsedRequest, { model }: Target): JsonObject {
  if (model.answerSchema === undefined || endpoint !== 'chat.completions') return {};
  if (isSet(body['response_format']) || isSet(body['tools'])) return {};
  return {
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'answer', schema: model.answerSchema as JsonObject, strict: true },
    },
  };
}

/**
 * An engine that keeps prompts for reuse answers faster to who repeats one: of another tenant's, that tells. Those that
 * take a salt reuse only under the same; the tenant's name itself stays here.
 */
function cacheSalt({ parsed, tenant }: InspectedBody, { model }: Target, key: HmacKey): JsonObject {
  if (!TAKES_CACHE_SALT.has(model.engine ?? '') || parsed.endpoint === 'embeddings') return {};
  return { cache_salt: createHmac('sha256', key).update(`cache ${tenant}`).digest('base64url').slice(0, 22) };
}

const TAKES_CACHE_SALT = new Set(['llama-worker']);

/**
 * The adapter, in llama.cpp's words; a caller cannot set the field. Where there are adapters, a request without one says
 * so: left out, llama-server would go on from a prefix that an adapter computed.
 */
function lora({ endpoint }: ParsedRequest, { model, adapter }: Target): JsonObject {
  if (adapter !== undefined) return { lora: [{ id: adapter.id, scale: adapter.scale }] };
  const loaded = model.replicas.some(({ adapters = [] }) => adapters.length > 0);
  return loaded && endpoint !== 'embeddings' ? { lora: [{ id: 0, scale: 0 }] } : {};
}

/** Clients write null for what they do not ask for. */
function isSet(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null;
}

/** Token counts belong in the record, so the engine is always asked for them; the client gets only what it asked for. */
function usage({ stream, body }: ParsedRequest): JsonObject {
  if (!stream) return {};
  const options = body['stream_options'];
  return { stream_options: { ...(isObject(options) ? options : {}), include_usage: true } };
}
