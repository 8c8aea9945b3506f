// One question of a signed-in person, asked through the real pipe: a gateway of its own on a loopback port of its own,
// open for this question alone, with a key that exists for this question alone. What the model saw and answered is read
// off the connection to the engine, so that it is what was sent and not what we believe was sent. Nothing of it is kept;
// the record names the person. Imports the gateway's own parts.

import { pino } from 'pino';
import type { Dispatcher } from 'undici';
import type { AuditLog } from '../audit/audit-log.ts';
import type { TimeBudgets } from '../config.ts';
import type { DataClass } from '../policy/data-class.ts';
import { type ExplainedSpan, explainRedaction, explainRestoration, type RestoredValue } from '../redaction/explain.ts';
import { inspect } from '../redaction/inspect.ts';
import { deriveNonce, redact } from '../redaction/redact.ts';
import { makeApiKey } from './api-keys.ts';
import type { Catalog } from './catalog.ts';
import type { EngineDoor } from './engine-call.ts';
import type { EngineDoors } from './engine-connections.ts';
import type { Caller } from './exchange.ts';
import { startGateway } from './gateway.ts';
import { createRateLimit } from './rate-limit.ts';
import { findTarget } from './route.ts';

export interface PlaygroundParts {
  readonly catalog: Pick<Catalog, 'model' | 'models' | 'policy'>;
  readonly surrogateKey: Uint8Array;
  readonly audit: Pick<AuditLog, 'append' | 'appendLater' | 'digest' | 'newReceipt'>;
  readonly connections: EngineDoors;
  readonly budgets: TimeBudgets;
}

export interface Question {
  readonly person: NonNullable<Caller['actor']>;
  readonly tenant: string;
  readonly dataClass: DataClass;
  readonly model: string;
  readonly text: string;
}

export interface PlaygroundSpan extends ExplainedSpan {
  /** The policy whose rule decided. */
  readonly rule: string;
}

export interface PlaygroundRefusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

export interface PlaygroundAnswer {
  readonly receipt: string | undefined;
  readonly policy: string;
  readonly policyHash: string;
  readonly spans: readonly PlaygroundSpan[];
  /** What went to the engine; undefined where nothing did. */
  readonly saw: string | undefined;
  /** What the engine wrote, as it wrote it. */
  readonly answered: string | undefined;
  /** What the caller gets. */
  readonly got: string | undefined;
  readonly restored: readonly RestoredValue[];
  readonly refusal: PlaygroundRefusal | undefined;
  readonly totalMs: number;
  readonly engineMs: number | undefined;
  readonly promptTokens: number | undefined;
  readonly completionTokens: number | undefined;
}

const MAX_BODY_BYTES = 1024 * 1024;

/** @throws AppError `model_not_found`, `model_not_ready`: before anything is asked. What the pipe refuses is an answer. */
export async function askModel(question: Question, parts: PlaygroundParts, signal: AbortSignal) {
  const { policy } = findTarget(question.tenant, question.model, parts.catalog);
  const wire = listenTo(parts.connections);
  const key = makeApiKey(new Uint8Array(32)).text;
  const caller: Caller = {
    keyId: 'playground',
    keyName: 'playground',
    tenant: question.tenant,
    dataClass: question.dataClass,
    actor: question.person,
  };
  const gateway = await startGateway({
    ...parts,
    connections: wire.connections,
    keys: { find: (text) => (text === key ? caller : undefined) },
    admission: { rateLimit: createRateLimit(60), maxBodyBytes: MAX_BODY_BYTES, now: () => performance.now() },
    host: '127.0.0.1',
    port: 0,
    log: pino({ level: 'silent' }),
    ready: () => true,
  });
  const startedAtMs = performance.now();
  try {
    const reply = await fetch(`${gateway.address}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: question.model, messages: [{ role: 'user', content: question.text }] }),
      signal,
    });
    const body = (await reply.json()) as OpenaiAnswer;
    const facts = { policy: policy.sources.join('+'), policyHash: policy.hash };
    const told = explain(question, { policy, surrogateKey: parts.surrogateKey, wire, body });
    const answer: PlaygroundAnswer = {
      ...facts,
      ...told,
      receipt: reply.headers.get('x-intramuros-receipt') ?? undefined,
      refusal: reply.ok ? undefined : refusalOf(reply.status, body),
      totalMs: performance.now() - startedAtMs,
      engineMs: wire.tookMs(),
      promptTokens: body.usage?.prompt_tokens,
      completionTokens: body.usage?.completion_tokens,
    };
    return answer;
  } finally {
    await gateway.stop(0);
  }
}

interface OpenaiAnswer {
  readonly choices?: readonly { readonly message?: { readonly content?: string | null } }[];
  readonly usage?: { readonly prompt_tokens?: number; readonly completion_tokens?: number };
  readonly error?: { readonly code?: string | null; readonly message?: string };
}

interface Told {
  readonly policy: ReturnType<typeof findTarget>['policy'];
  readonly surrogateKey: Uint8Array;
  readonly wire: Wire;
  readonly body: OpenaiAnswer;
}

/** Lays the four texts side by side. The findings are those of the same inspection, which is pure. */
function explain({ text, tenant }: Question, { policy, surrogateKey, wire, body }: Told) {
  const inspection = inspect([{ path: 'messages[0].content', text }]);
  const redaction = redact(inspection, policy, deriveNonce(surrogateKey, tenant, text));
  const [field] = inspection.fields;
  const sent = wire.sent();
  const saw = sent === undefined ? undefined : lastContent(sent);
  const spans = field === undefined ? [] : explainRedaction(field, policy, saw ?? redaction.texts[0] ?? '');
  const answered = contentOf(parse(wire.received()));
  const got = contentOf(body);
  return {
    spans: spans.map((span) => ({ ...span, rule: policy.origin(span.type) })),
    saw,
    answered,
    got,
    restored:
      answered === undefined || got === undefined ? [] : explainRestoration(answered, got, redaction.surrogates),
  };
}

function refusalOf(status: number, { error }: OpenaiAnswer): PlaygroundRefusal {
  return { status, code: error?.code ?? 'unknown', message: error?.message ?? '' };
}

function contentOf(answer: OpenaiAnswer | undefined): string | undefined {
  return answer?.choices?.[0]?.message?.content ?? undefined;
}

function lastContent(sent: string): string | undefined {
  const { messages } = JSON.parse(sent) as { readonly messages?: readonly { readonly content?: unknown }[] };
  const content = messages?.at(-1)?.content;
  return typeof content === 'string' ? content : undefined;
}

function parse(text: string): OpenaiAnswer | undefined {
  try {
    return JSON.parse(text) as OpenaiAnswer;
  } catch {
    return undefined;
  }
}

interface Wire {
  readonly connections: EngineDoors;
  /** The last body that went to an engine. */
  sent(): string | undefined;
  /** What came back for it. */
  received(): string;
  tookMs(): number | undefined;
}

/** The same connections, overheard: every byte goes on as it is. */
function listenTo(connections: EngineDoors): Wire {
  let sent: string | undefined;
  let chunks: Buffer[] = [];
  let startedAtMs = 0;
  let endedAtMs: number | undefined;
  const overhear = (url: string): EngineDoor => ({
    dispatch(options, handler) {
      sent = typeof options.body === 'string' ? options.body : undefined;
      chunks = [];
      startedAtMs = performance.now();
      const hear = (chunk: Buffer) => {
        chunks.push(chunk);
        endedAtMs = performance.now();
      };
      return connections.for(url).dispatch(options, overhearing(handler, hear));
    },
  });
  return {
    connections: { bearerFor: (url) => connections.bearerFor(url), for: overhear },
    sent: () => sent,
    received: () => Buffer.concat(chunks).toString('utf8'),
    tookMs: () => (endedAtMs === undefined ? undefined : endedAtMs - startedAtMs),
  };
}

function overhearing(handler: Dispatcher.DispatchHandler, hear: (chunk: Buffer) => void): Dispatcher.DispatchHandler {
  return {
    onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
    onResponseStart: (controller, status, headers, text) =>
      handler.onResponseStart?.(controller, status, headers, text),
    onResponseData(controller, chunk) {
      hear(chunk);
      handler.onResponseData?.(controller, chunk);
    },
    onResponseEnd: (controller, trailers) => handler.onResponseEnd?.(controller, trailers),
    onResponseError: (controller, error) => handler.onResponseError?.(controller, error),
  };
}
