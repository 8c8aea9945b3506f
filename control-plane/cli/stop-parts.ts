// The parts of a composition, to be stopped in the reverse order of their start.

import type { Logger } from 'pino';
import { toAppError } from '../errors.ts';

export interface StopList {
  add(name: string, stop: () => unknown): void;
  /** Stops all, the last one first; a part that fails does not keep the others from it. */
  stopAll(log: Pick<Logger, 'error'>): Promise<void>;
}

export function createStopList(): StopList {
  const parts: { name: string; stop: () => unknown }[] = [];
  return {
    add: (name, stop) => void parts.unshift({ name, stop }),
    async stopAll(log) {
      for (const { name, stop } of parts.splice(0)) {
        try {
          await stop();
        } catch (error) {
          log.error({ part: name, code: toAppError(error).code }, 'a part did not stop cleanly');
        }
      }
    },
  };
}
