// The request pipe put together with stages left out, which no setting of the product allows: to see what each stage
// costs. A stage that is left out is replaced by the state that it would have made of nothing found.

import { createServer, type Server } from 'node:http';
import { admit } from '../../control-plane/gateway/admit.ts';
import { authenticate } from '../../control-plane/gateway/authenticate.ts';
import type { Replica } from '../../control-plane/gateway/catalog.ts';
import { chooseReplica } from '../../control-plane/gateway/choose-replica.ts';
import type {
  Admitted,
  Inspected,
  InspectedFacts,
  Received,
  ReceivedFacts,
  Recorded,
  RecordedFacts,
  Redacted,
  RedactedFacts,
  Routed,
} from '../../control-plane/gateway/exchange.ts';
import { advance } from '../../control-plane/gateway/exchange.ts';
import { forward } from '../../control-plane/gateway/forward.ts';
import type { GatewayDependencies } from '../../control-plane/gateway/gateway.ts';
import { inspectRequest } from '../../control-plane/gateway/inspect-request.ts';
import { recordIntent } from '../../control-plane/gateway/record-intent.ts';
import { recordOutcome } from '../../control-plane/gateway/record-outcome.ts';
import { redactRequest } from '../../control-plane/gateway/redact-request.ts';
import { route } from '../../control-plane/gateway/route.ts';
import { SurrogateMap } from '../../control-plane/redaction/restore.ts';
import { endpointFor } from '../../control-plane/wire/endpoint.ts';

export interface Stages {
  readonly redacts: boolean;
  readonly records: boolean;
}

/** Milliseconds that the stages took, one entry a request. */
export interface StageTimes {
  readonly redactMs: number[];
  readonly intentMs: number[];
}

const NO_RECEIPT = 'imr_00000000000000000000000000';

export function createComposedPipe(parts: GatewayDependencies, stages: Stages, times: StageTimes): Server {
  return createServer((request, response) => {
    const left = new AbortController();
    response.on('close', () => {
      if (!response.writableFinished) left.abort();
    });
    const endpoint = endpointFor(request.method ?? 'GET', request.url ?? '/');
    if (endpoint === undefined) {
      response.writeHead(404).end();
      return;
    }
    const facts: ReceivedFacts = {
      ...{ id: 'bench', startedAtMs: performance.now(), request, response, endpoint, signal: left.signal },
      promised: { receipt: undefined },
    };
    answer(advance<'Received', ReceivedFacts>(facts), { parts, stages, times }).catch((error: unknown) => {
      console.error(error);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
}

interface Composition {
  readonly parts: GatewayDependencies;
  readonly stages: Stages;
  readonly times: StageTimes;
}

async function answer(received: Received, { parts, stages, times }: Composition): Promise<void> {
  const admitted = await admit(authenticate(received, parts.keys, parts.catalog), parts.admission);
  const beganMs = performance.now();
  const routed = route(stages.redacts ? inspectRequest(admitted) : uninspected(admitted), parts.catalog);
  const redacted = redact(routed, parts, stages);
  if (stages.redacts) times.redactMs.push(performance.now() - beganMs);
  const { caller, signal } = redacted;
  const seating = chooseReplica(redacted.target, {
    ...{ lane: caller, tried: new Set<string>(), queueMs: parts.budgets.queueMs, signal },
  });
  const seat = 'seat' in seating ? seating.seat : await seating.wait;
  try {
    const recordedFromMs = performance.now();
    const recorded = stages.records
      ? await recordIntent(redacted, seat.replica, 1, parts.audit)
      : unrecorded(redacted, seat.replica);
    if (stages.records) times.intentMs.push(performance.now() - recordedFromMs);
    const { code, status, notes } = await forward(recorded, parts);
    if (!stages.records) return;
    const { audit } = parts;
    recordOutcome(
      {
        ...{ recorded, code, status, responseBytes: notes.bytes, finishReasons: notes.finishReasons },
        bodyDigest: notes.body === undefined ? undefined : audit.digest(notes.body),
        answerDigests: notes.texts().map((text) => audit.digest(text)),
        promptTokens: notes.promptTokens,
        completionTokens: notes.completionTokens,
        firstByteMs: notes.firstByteMs,
        totalMs: performance.now() - recorded.startedAtMs,
      },
      audit,
    );
  } finally {
    seat.release();
  }
}

function redact(routed: Routed, parts: GatewayDependencies, { redacts }: Stages): Redacted {
  const [target] = routed.targets;
  if (target === undefined) throw new Error('the benchmark has one target');
  if (redacts) return redactRequest(routed, target, keyOf(parts));
  return advance<'Redacted', RedactedFacts>({
    ...routed,
    target,
    surrogates: new SurrogateMap(),
    redactionCounts: {},
    upstreamBody: JSON.stringify(routed.parsed.body),
    answerMode: routed.parsed.answerMode,
  });
}

function uninspected(admitted: Admitted): Inspected {
  const inspection = { fields: [], counts: {}, recognisers: 'none' };
  return advance<'Inspected', InspectedFacts>({ ...admitted, inspection, dataClass: admitted.caller.dataClass });
}

function unrecorded(redacted: Redacted, replica: Replica): Recorded {
  return advance<'Recorded', RecordedFacts>({ ...redacted, receipt: NO_RECEIPT, attempt: 1, replica });
}

function keyOf({ surrogateKey }: GatewayDependencies) {
  return typeof surrogateKey === 'function' ? surrogateKey() : surrogateKey;
}
