// A key in memory that does not show itself: printing, JSON and logs give `[redacted]`. Imports nothing of ours.

import { inspect } from 'node:util';

export const REDACTED = '[redacted]';

export class Secret {
  /** Names this very key, in records too; tells nothing of its value. */
  readonly id: string;
  /** Counts up with each rotation. */
  readonly version: number;
  readonly #bytes: Uint8Array;

  constructor(facts: { id: string; version: number; bytes: Uint8Array }) {
    this.id = facts.id;
    this.version = facts.version;
    this.#bytes = Uint8Array.from(facts.bytes);
  }

  /** The key itself. Every call is a place to look at in a review. */
  bytes(): Uint8Array {
    return this.#bytes;
  }

  /** The key as a word that fits a header or an environment variable (base64url). */
  text(): string {
    return Buffer.from(this.#bytes).toString('base64url');
  }

  toJSON(): string {
    return REDACTED;
  }

  toString(): string {
    return REDACTED;
  }

  [Symbol.toPrimitive](): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return `Secret(${this.id}) ${REDACTED}`;
  }
}
