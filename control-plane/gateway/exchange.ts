// The typestates of a request. Each stage of pipeline.ts takes one and returns the next, so that code which forwards
// something unredacted or unrecorded does not compile: the only way to a `Recorded` leads through every stage before.
// Imports types only.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EndpointAdapter } from '../../operator/api/v1alpha1/adapters.ts';
import type { DataClass } from '../policy/data-class.ts';
import type { EffectivePolicy } from '../policy/effective-policy.ts';
import type { Limits } from '../policy/tenant-facts.ts';
import type { Inspection } from '../redaction/inspect.ts';
import type { SurrogateMap } from '../redaction/restore.ts';
import type { Endpoint, ParsedRequest } from '../wire/endpoint.ts';
import type { Replica, ServedModel } from './catalog.ts';

declare const stage: unique symbol;

/** The mark is a type only: it costs nothing at run time and cannot be written down outside `advance`. */
type Marked<Name extends string, Facts> = Facts & { readonly [stage]: Name };

/** Called by the stage functions alone; lint forbids it elsewhere. */
export function advance<Name extends string, Facts extends object>(facts: Facts): Marked<Name, Facts> {
  return facts as Marked<Name, Facts>;
}

/** Who is on the record for a caller's requests. */
export function actorOf(caller: Caller | undefined) {
  return caller?.actor ?? ({ kind: 'key', id: caller?.keyId ?? '-' } as const);
}

export interface Caller {
  readonly keyId: string;
  readonly keyName: string;
  readonly tenant: string;
  readonly dataClass: DataClass;
  /** The only models that it may ask for; undefined: all of its tenant. */
  readonly models?: ReadonlySet<string> | undefined;
  /** Of the key alone. */
  readonly limits?: Limits | undefined;
  /** Of all keys of its tenant together. */
  readonly tenantLimits?: Limits | undefined;
  /** Who is on the record for its requests, where that is not the key. */
  readonly actor?: { readonly kind: 'account' | 'cli'; readonly id: string };
}

export interface ReceivedFacts {
  readonly id: string;
  readonly startedAtMs: number;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly endpoint: Endpoint;
  /** Aborted when the client leaves. */
  readonly signal: AbortSignal;
  /** The receipt that the client was told before there was a record: the next record of this request bears it. */
  readonly promised: { receipt: string | undefined };
}
export type Received = Marked<'Received', ReceivedFacts>;

export interface AuthenticatedFacts extends ReceivedFacts {
  readonly caller: Caller;
}
export type Authenticated = Marked<'Authenticated', AuthenticatedFacts>;

export interface AdmittedFacts extends AuthenticatedFacts {
  readonly body: Buffer;
  readonly parsed: ParsedRequest;
}
export type Admitted = Marked<'Admitted', AdmittedFacts>;

export interface InspectedFacts extends AdmittedFacts {
  readonly inspection: Inspection;
  readonly dataClass: DataClass;
}
export type Inspected = Marked<'Inspected', InspectedFacts>;

/** A model that may answer this request, with the policy that holds for it. */
export interface Target {
  /** What a request calls it: MODEL, or MODEL:ADAPTER. */
  readonly name: string;
  /** Its replicas are those that may take the request: with an adapter, those that have it loaded. */
  readonly model: ServedModel;
  /** The adapter that the request names. */
  readonly adapterName?: string;
  /** The same as those replicas know it; left out while none runs that could tell. */
  readonly adapter?: EndpointAdapter;
  readonly policy: EffectivePolicy;
}

export interface RoutedFacts extends InspectedFacts {
  readonly targets: readonly Target[];
}
export type Routed = Marked<'Routed', RoutedFacts>;

export interface RedactedFacts extends RoutedFacts {
  readonly target: Target;
  readonly surrogates: SurrogateMap;
  readonly redactionCounts: Readonly<Record<string, number>>;
  /** The bytes that the engine will see, and no others. */
  readonly upstreamBody: string;
  readonly answerMode: 'text' | 'json';
}
export type Redacted = Marked<'Redacted', RedactedFacts>;

export interface RecordedFacts extends RedactedFacts {
  readonly receipt: string;
  readonly attempt: number;
  readonly replica: Replica;
}
export type Recorded = Marked<'Recorded', RecordedFacts>;

/** What became of an attempt; the outcome record is made of it. */
export interface AnsweredFacts {
  readonly recorded: Recorded;
  readonly code: OutcomeCode;
  /** HTTP status that the client was given; 0 when it left before. */
  readonly status: number;
  readonly responseBytes: number;
  /** Keyed digest of the whole body, where it was not streamed. */
  readonly bodyDigest: string | undefined;
  /** Keyed digests of the answer's texts, as the client got them. */
  readonly answerDigests: readonly string[];
  readonly finishReasons: readonly string[];
  readonly promptTokens: number | undefined;
  readonly completionTokens: number | undefined;
  readonly firstByteMs: number | undefined;
  readonly totalMs: number;
}
export type Answered = Marked<'Answered', AnsweredFacts>;

export type OutcomeCode =
  | 'answered'
  | 'engine_refused'
  | 'engine_failed'
  | 'engine_timeout'
  | 'client_left'
  | 'not_sent';
