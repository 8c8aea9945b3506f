// The slots of the worker: sequences of one context, each of which holds one conversation at a time. The library
// evaluates all running sequences together, one token each, so a request that takes a slot is let in between two
// tokens of the others. One slot more than offered is kept for probes. Imports: wire-error.
import type { LlamaContext, LlamaContextSequence } from 'node-llama-cpp';
import { WireError } from './wire-error.ts';

export interface Slot {
  readonly sequence: LlamaContextSequence;
  /** What the cached prefix may be used again for. */
  salt: string;
}

interface Waiter {
  readonly resolve: (slot: Slot) => void;
  readonly prefer: readonly number[];
  readonly salt: string;
}

const MAX_WAITING = 64;
/** Below this many shared tokens, computing them again is as fast as keeping them. */
const MIN_SHARED_TOKENS = 32;

export class Slots {
  readonly #free: Slot[] = [];
  readonly #waiting: Waiter[] = [];
  #running = 0;
  readonly #reserved = 1;

  /** `offered` slots for everyone and one that only probes may take. */
  constructor(context: LlamaContext, offered: number) {
    for (let index = 0; index < offered + this.#reserved; index += 1) {
      // Copies of the state, for going back to, would take memory that no plan counts; nothing here goes back.
      this.#free.push({ sequence: context.getSequence({ checkpoints: { interval: false } }), salt: '' });
    }
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Waits in order of arrival; rejects with 503 beyond the bound and with the signal's reason when it aborts. */
  async acquire(prompt: readonly number[], salt: string, probe: boolean, signal: AbortSignal): Promise<Slot> {
    signal.throwIfAborted();
    if (this.#free.length > (probe ? 0 : this.#reserved)) return this.#take(prompt, salt);
    if (this.#waiting.length >= MAX_WAITING) {
      throw new WireError(503, 'engine_busy', 'all slots are taken and the queue is full; try again later');
    }
    return new Promise<Slot>((resolve, reject) => {
      const waiter: Waiter = {
        prefer: prompt,
        salt,
        resolve: (slot) => {
          signal.removeEventListener('abort', leave);
          resolve(slot);
        },
      };
      const leave = () => {
        const at = this.#waiting.indexOf(waiter);
        if (at >= 0) this.#waiting.splice(at, 1);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiter);
    });
  }

  release(slot: Slot): void {
    this.#running -= 1;
    this.#free.push(slot);
    if (this.#free.length <= this.#reserved) return;
    const next = this.#waiting.shift();
    if (next !== undefined) next.resolve(this.#take(next.prefer, next.salt));
  }

  /** The free slot that has most of this prompt already. */
  #take(prompt: readonly number[], salt: string): Slot {
    let best = 0;
    let bestShared = -1;
    for (const [index, slot] of this.#free.entries()) {
      const shared = slot.salt === salt ? sharedPrefix(slot.sequence, prompt) : 0;
      if (shared > bestShared) {
        best = index;
        bestShared = shared;
      }
    }
    const [slot] = this.#free.splice(best, 1);
    if (slot === undefined) throw new Error('a slot was taken that is not free');
    this.#running += 1;
    return slot;
  }
}

/** Makes the sequence hold a beginning of the prompt and nothing else; returns how many tokens it holds. */
export async function prepareSlot(slot: Slot, prompt: readonly number[], salt: string): Promise<number> {
  const { sequence } = slot;
  const shared = slot.salt === salt ? Math.min(sharedPrefix(sequence, prompt), prompt.length - 1) : 0;
  slot.salt = salt;
  // A recurrent state and a sliding window cannot be rewound to an arbitrary token.
  if (shared < MIN_SHARED_TOKENS || (sequence.needsCheckpoints && shared < sequence.nextTokenIndex)) {
    await sequence.clearHistory();
    return 0;
  }
  if (shared < sequence.nextTokenIndex) {
    await sequence.eraseContextTokenRanges([{ start: shared, end: sequence.nextTokenIndex }]);
  }
  return sequence.nextTokenIndex;
}

function sharedPrefix(sequence: LlamaContextSequence, prompt: readonly number[]): number {
  const held = sequence.contextTokens;
  const length = Math.min(held.length, prompt.length);
  for (let index = 0; index < length; index += 1) if (held[index] !== prompt[index]) return index;
  return length;
}
