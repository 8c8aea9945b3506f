// What forward.ts and relay-stream.ts share: what passing an answer on needs, what comes of it, and how large one may be.
// Imports types only.

import type { AppError } from '../errors.ts';
import type { AnswerNotes } from './answer-notes.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import type { EngineCall } from './engine-call.ts';
import type { EngineClock } from './engine-clock.ts';
import type { OutcomeCode } from './exchange.ts';

/** What passes an answer on needs beside it. */
export interface Relay {
  readonly call: EngineCall;
  readonly clock: EngineClock;
  readonly notes: AnswerNotes;
  readonly limits: Pick<ConnectionLimits, 'stalledMs' | 'answerBytes'>;
}

export interface ForwardResult {
  readonly code: OutcomeCode;
  readonly status: number;
  readonly notes: AnswerNotes;
  /** Set when nothing was sent to the client: the pipeline may try another replica, or answer with it. */
  readonly error?: AppError;
  /** `yes`: the engine never began. `once`: it may have, or closed an idle connection just as we used it again. */
  readonly retry?: 'yes' | 'once';
}
