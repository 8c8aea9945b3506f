// The failures that only the supervisor sees; what an engine says of its own end is explained by the engine's file.
import type { Failure } from '../../api/conditions.ts';

export type SupervisorReason = 'EngineHung' | 'NotAnswering' | 'ProbeFailed' | 'PortTaken' | 'OutOfMemory';

const FAILURES: Readonly<Record<SupervisorReason, Failure>> = {
  EngineHung: {
    reason: 'EngineHung',
    message: 'The engine answered nothing and used no processor time; it was ended and is started again.',
    remedy: 'If this repeats, look into the log of the engine in the data folder, and lower spec.contextTokens.',
  },
  NotAnswering: {
    reason: 'NotAnswering',
    message: 'The engine works, but has not answered the probe of one token for too long.',
    remedy: 'Wait for long requests to end; give the engine more processors, or raise spec.replicas.',
  },
  ProbeFailed: {
    reason: 'ProbeFailed',
    message: 'The engine runs, but refuses or fails a completion of one token.',
    remedy: 'Look into the log of the engine in the data folder: the weights may not be a model that generates text.',
  },
  PortTaken: {
    reason: 'PortTaken',
    message: 'Another program answers on the port that the engine was given.',
    remedy: 'Nothing, if it goes away: another port is tried. Else see which program takes ports of 127.0.0.1.',
  },
  OutOfMemory: {
    reason: 'OutOfMemory',
    message: 'The kernel ended the engine because the machine ran out of memory.',
    remedy: 'Lower spec.contextTokens or spec.replicas, stop another Model, or use a smaller quantisation.',
  },
};

export function hangFailure(reason: SupervisorReason): Failure {
  return FAILURES[reason];
}

export function probeRefused(status: number): Failure {
  return {
    ...FAILURES.ProbeFailed,
    message: `The engine answered a completion of one token with HTTP status ${status}.`,
  };
}

/** The program could not be started. */
export function spawnFailure(engine: string, code: string): Failure {
  return {
    reason: 'EngineMissing',
    message: `The program of the engine ${engine} could not be started (${code}).`,
    remedy: 'Run npm ci again; with INTRAMUROS_LLAMA_SERVER, check that it names a program that may be executed.',
  };
}

/** Ends that say nothing by themselves; three of them in a row are a crash loop. */
const BARE_ENDS: ReadonlySet<string> = new Set(['EngineStopped', 'EngineKilled', 'EngineCrashed']);
const LOOP_AFTER = 3;

export function summariseEnd(failure: Failure, endsInARow: number): Failure {
  if (endsInARow < LOOP_AFTER) return failure;
  const count = `It ended ${endsInARow} times in a row and is started again with growing pauses.`;
  if (!BARE_ENDS.has(failure.reason)) return { ...failure, message: `${failure.message} ${count}` };
  return { reason: 'CrashLoop', message: `${failure.message} ${count}`, remedy: failure.remedy };
}
