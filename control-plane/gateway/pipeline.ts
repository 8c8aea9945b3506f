// The request pipe, top to bottom. What a request goes through stands here and nowhere else; each stage is one file,
// takes the state before it and returns the next (exchange.ts), so that none can be left out.
//
//   authenticate -> admit -> inspect -> route -> redact -> take seat -> record intent -> forward -> restore -> record outcome
//
// Imports the stages; no configuration can switch one off.

import type { AuditLog } from '../audit/audit-log.ts';
import type { TimeBudgets } from '../config.ts';
import { type AppError, fail } from '../errors.ts';
import { type Admission, admit } from './admit.ts';
import type { ApiKeys } from './api-keys.ts';
import { authenticate } from './authenticate.ts';
import { CONNECTION_LIMITS, type ConnectionLimits } from './connection-limits.ts';
import type { EngineDoors } from './engine-connections.ts';
import type { Received, Recorded, Routed, Target } from './exchange.ts';
import { forward } from './forward.ts';
import { inspectRequest } from './inspect-request.ts';
import { recordIntent } from './record-intent.ts';
import { recordOutcome } from './record-outcome.ts';
import { type HmacKey, redactRequest } from './redact-request.ts';
import type { ForwardResult } from './relay.ts';
import type { RequestNote } from './request-line.ts';
import { findTarget, type RouteCatalog, route } from './route.ts';
import { noteError } from './send.ts';
import { takeSeat } from './take-seat.ts';

export interface PipelineParts {
  readonly keys: Pick<ApiKeys, 'find'>;
  readonly admission: Admission;
  readonly catalog: RouteCatalog;
  readonly surrogateKey: HmacKey;
  readonly audit: Pick<AuditLog, 'append' | 'appendLater' | 'digest' | 'newReceipt'>;
  readonly connections: EngineDoors;
  readonly budgets: TimeBudgets;
  readonly limits?: Partial<ConnectionLimits>;
}

/** How often a request may begin again when an engine could not be reached. */
const MAX_ATTEMPTS = 3;
/** Where nobody counted: the usual mean of a tokenizer. */
const CHARACTERS_PER_TOKEN = 4;

/** Answers a request, or throws the AppError that says why not (nothing was sent then). Fills the note on the way. */
export async function answer(received: Received, parts: PipelineParts, note: RequestNote): Promise<void> {
  const authenticated = authenticate(received, parts.keys, parts.catalog);
  note.tenant = authenticated.caller.tenant;
  const admitted = await admit(authenticated, parts.admission);
  const inspected = inspectRequest(admitted);
  const routed = route(inspected, parts.catalog);
  let failure: AppError | undefined;
  for (const target of routed.targets) {
    note.model = target.name;
    failure = await answerFrom(routed, target, { ...parts, note });
    if (failure === undefined) return;
  }
  throw failure ?? fail('model_not_ready', { detail: 'No target may take this request.' });
}

type NotedParts = PipelineParts & { readonly note: RequestNote };

/** Tries one target on as many replicas as may be; undefined when the client has its answer (or has left). */
async function answerFrom(routed: Routed, first: Target, parts: NotedParts): Promise<AppError | undefined> {
  let target = first;
  const tried = new Set<string>();
  let failure: AppError | undefined;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    // Before it waits, so that what may not go is refused at once.
    let redacted = redactRequest(routed, target, parts.surrogateKey);
    const everyOneTried = target.model.replicas.every(({ url }) => tried.has(url));
    // A single replica that dropped an idle connection deserves a second try.
    const request = { tried: everyOneTried ? new Set<string>() : tried, queueMs: parts.budgets.queueMs };
    const { heartbeatMs } = { ...CONNECTION_LIMITS, ...parts.limits };
    const askedAtMs = performance.now();
    const seat = await takeSeat(redacted, request, { audit: parts.audit, heartbeatMs });
    parts.note.queueMs = performance.now() - askedAtMs;
    try {
      if (seat.waited) {
        // And again with the policy, the generation and the adapter of now, which are what the record will name.
        target = findTarget(routed.caller, target.name, parts.catalog);
        redacted = redactRequest(routed, target, parts.surrogateKey);
      }
      const recorded = await recordIntent(redacted, seat.replica, attempt, parts.audit);
      const result = await forward(recorded, parts);
      const { promptTokens, completionTokens, firstByteMs } = result.notes;
      spendTokens(recorded, result, parts.admission);
      Object.assign(parts.note, { code: result.code, promptTokens, completionTokens, firstByteMs });
      const { error, retry } = result;
      const isUntold = error !== undefined && !recorded.response.headersSent;
      const isLast = retry === undefined || (retry === 'once' && attempt > 1) || attempt === MAX_ATTEMPTS;
      // The record speaks of what the client got: of an error where no other attempt follows it.
      if (isUntold && isLast && first === routed.targets.at(-1)) noteError(error, result.notes);
      recordOutcome(outcomeOf(recorded, result, parts), parts.audit);
      if (!isUntold) return undefined;
      failure = Object.assign(error, { receipt: recorded.receipt });
      if (isLast) return failure;
      tried.add(seat.replica.url);
    } finally {
      seat.release();
    }
    // What is known of the model may be another by now: its replicas, its generation, its policy.
    target = findTarget(routed.caller, target.name, parts.catalog);
  }
  return failure;
}

/** What the engine counted; of an answer that was left or broken, about what it took. */
function spendTokens({ caller, upstreamBody }: Recorded, { notes, code }: ForwardResult, admission: Admission): void {
  if (caller.limits?.tokensPerMinute === undefined && caller.tenantLimits?.tokensPerMinute === undefined) return;
  if (code === 'not_sent' || code === 'engine_refused') return;
  const prompt = notes.promptTokens ?? upstreamBody.length / CHARACTERS_PER_TOKEN;
  const told = notes.completionTokens ?? notes.texts().join('').length / CHARACTERS_PER_TOKEN;
  admission.rateLimit.spend(caller, Math.ceil(prompt + told), admission.now());
}

function outcomeOf(recorded: Recorded, result: ForwardResult, { audit }: PipelineParts) {
  const { notes, code, status } = result;
  return {
    recorded,
    code,
    status,
    responseBytes: notes.bytes,
    bodyDigest: notes.body === undefined ? undefined : audit.digest(notes.body),
    answerDigests: notes.texts().map((text) => audit.digest(text)),
    finishReasons: notes.finishReasons,
    promptTokens: notes.promptTokens,
    completionTokens: notes.completionTokens,
    firstByteMs: notes.firstByteMs,
    totalMs: performance.now() - recorded.startedAtMs,
  };
}
