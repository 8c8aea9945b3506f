// The line of a model that no catalog feeds: for tests and benches of what stands around it.

import type { Replica } from './catalog.ts';
import { createWaitingLine, type WaitingLine } from './waiting-line.ts';

export function lineOf(replicas: readonly Replica[], onWait?: () => void): WaitingLine {
  const line = createWaitingLine({ nowMs: () => performance.now(), ...(onWait === undefined ? {} : { onWait }) });
  line.offer({ replicas, reason: undefined });
  return line;
}
