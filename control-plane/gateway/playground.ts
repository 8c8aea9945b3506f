// One question of a signed-in person, asked through the real pipe: a gateway of its own on a loopback port of its own,
// open for this question alone, with a key that exists for this question alone. What the model saw and answered is read
// off the connection to the engine, so that it is what was sent and not what we believe was sent. Nothing of it is kept;
// the record names the person. Imports the gateway's own parts.

import { pino } from 'pino';
import type { AuditLog } from '../audit/audit-log.ts';
import type { TimeBudgets } from '../config.ts';
import type { DataClass } from '../policy/data-class.ts';
import { type ExplainedSpan, explainRedaction, explainRestoration, type RestoredValue } from '../redaction/explain.ts';
import { inspect } from '../redaction/inspect.ts';
import { deriveNonce, redact } from '../redaction/redact.ts';
import { SseParser } from '../wire/sse.ts';
import { createAnswerSum, type OpenaiAnswer } from './answer-sum.ts';
import { makeApiKey } from './api-keys.ts';
import type { Catalog } from './catalog.ts';
import type { EngineDoors } from './engine-connections.ts';
import type { Caller } from './exchange.ts';
import { startGateway } from './gateway.ts';
import { listenTo } from './overheard-wire.ts';
import { createRateLimit } from './rate-limit.ts';
import { findTarget } from './route.ts';

export interface PlaygroundParts {
  readonly catalog: Pick<Catalog, 'model' | 'models' | 'policy' | 'tenant'>;
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
  /** When to ask again, where the gateway says so. */
  readonly retryAfterS: number | undefined;
}

/** Told while the answer comes; with it the answer is streamed. */
export interface PlaygroundProgress {
  /** The question has gone to an engine; again, should another attempt follow. */
  readonly sent: (sight: Pick<PlaygroundAnswer, 'policy' | 'policyHash' | 'spans' | 'saw'>) => void;
  /** What the engine wrote, and what the caller got, since the last time. */
  readonly came: (piece: { readonly answered: string; readonly got: string }) => void;
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
export async function askModel(
  question: Question,
  parts: PlaygroundParts,
  signal: AbortSignal,
  progress?: PlaygroundProgress,
): Promise<PlaygroundAnswer> {
  const { policy } = findTarget(question, question.model, parts.catalog);
  const facts = { policy: policy.sources.join('+'), policyHash: policy.hash };
  const sight = sightOf(question, policy, parts.surrogateKey);
  const wire = listenTo(parts.connections, {
    onSent: (body) => {
      const { spans, saw } = sight(body);
      progress?.sent({ ...facts, spans, saw });
    },
  });
  const key = makeApiKey(new Uint8Array(32)).text;
  const gateway = await openGateway(key, question, { ...parts, connections: wire.connections });
  const startedAtMs = performance.now();
  try {
    const reply = await fetch(`${gateway.address}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: question.model,
        messages: [{ role: 'user', content: question.text }],
        ...(progress === undefined ? {} : { stream: true, stream_options: { include_usage: true } }),
      }),
      signal,
    });
    const body = await readReply(reply, (got) => progress?.came({ answered: wire.written(), got }));
    const { surrogates, ...seen } = sight(wire.sent());
    const answered = wire.answered();
    const got = contentOf(body);
    return {
      ...facts,
      ...seen,
      ...{ answered, got },
      restored: answered === undefined || got === undefined ? [] : explainRestoration(answered, got, surrogates),
      receipt: reply.headers.get('x-intramuros-receipt') ?? undefined,
      refusal: body.error === undefined ? undefined : refusalOf(reply, body.error),
      totalMs: performance.now() - startedAtMs,
      engineMs: wire.tookMs(),
      promptTokens: body.usage?.prompt_tokens,
      completionTokens: body.usage?.completion_tokens,
    };
  } finally {
    await gateway.stop(0);
  }
}

/** For this question alone, and for whoever holds this key. */
function openGateway(key: string, { person, tenant, dataClass }: Question, parts: PlaygroundParts) {
  const caller: Caller = { keyId: 'playground', keyName: 'playground', tenant, dataClass, actor: person };
  return startGateway({
    ...parts,
    keys: { find: (text) => (text === key ? caller : undefined) },
    admission: { rateLimit: createRateLimit(60), maxBodyBytes: MAX_BODY_BYTES, now: () => performance.now() },
    host: '127.0.0.1',
    port: 0,
    log: pino({ level: 'silent' }),
    ready: () => true,
  });
}

/** A whole answer, or the events of a streamed one put together; `onText` gets the text as it comes. */
async function readReply(reply: Response, onText: (text: string) => void): Promise<OpenaiAnswer> {
  if (!(reply.headers.get('content-type') ?? '').startsWith('text/event-stream')) {
    return (await reply.json()) as OpenaiAnswer;
  }
  const sum = createAnswerSum();
  const parser = new SseParser();
  for await (const chunk of (reply.body ?? []) as AsyncIterable<Uint8Array>) onText(sum.add(parser.push(chunk)));
  onText(sum.add(parser.end()));
  return sum.answer();
}

type Policy = ReturnType<typeof findTarget>['policy'];

/** Lays what was typed and what went out side by side. The findings are those of the same inspection, which is pure. */
function sightOf({ text, tenant }: Question, policy: Policy, surrogateKey: Uint8Array) {
  const inspection = inspect([{ path: 'messages[0].content', text }]);
  const redaction = redact(inspection, policy, deriveNonce(surrogateKey, tenant, text));
  const [field] = inspection.fields;
  return (sent: string | undefined) => {
    const saw = sent === undefined ? undefined : lastContent(sent);
    const spans = field === undefined ? [] : explainRedaction(field, policy, saw ?? redaction.texts[0] ?? '');
    const ruled = spans.map((span) => ({ ...span, rule: policy.origin(span.type) }));
    return { spans: ruled, saw, surrogates: redaction.surrogates };
  };
}

function refusalOf(reply: Response, error: NonNullable<OpenaiAnswer['error']>): PlaygroundRefusal {
  const after = Number(reply.headers.get('retry-after') ?? Number.NaN);
  const retryAfterS = Number.isFinite(after) ? after : undefined;
  return { status: reply.status, code: error.code ?? 'unknown', message: error.message ?? '', retryAfterS };
}

function contentOf(answer: OpenaiAnswer): string | undefined {
  return answer.choices?.[0]?.message?.content ?? undefined;
}

function lastContent(sent: string): string | undefined {
  const { messages } = JSON.parse(sent) as { readonly messages?: readonly { readonly content?: unknown }[] };
  const content = messages?.at(-1)?.content;
  return typeof content === 'string' ? content : undefined;
}
