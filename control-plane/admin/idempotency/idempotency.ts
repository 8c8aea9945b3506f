// A change that is sent twice under one key is done once (draft-ietf-httpapi-idempotency-key-header): the second time the
// first answer is given again. Answers that hold a secret are kept nowhere: then the second one says that it was done, and
// under which receipt. Keys are forgotten after a day. Imports errors.

import { createHash } from 'node:crypto';
import { type AppError, fail } from '../../errors.ts';

export interface KeptAnswer {
  readonly status: number;
  /** JSON; undefined where it held a secret, or there was none. */
  readonly answer: string | undefined;
  readonly receipt: string | undefined;
}

export interface BegunRequest {
  readonly principal: string;
  readonly key: string;
  readonly fingerprint: Uint8Array;
}

export interface IdempotencyRows {
  /** Undefined where the key was not known: it is now, and being done. */
  begin(request: BegunRequest): Promise<{ fingerprint: Uint8Array; done: KeptAnswer | undefined } | undefined>;
  finish(request: Pick<BegunRequest, 'principal' | 'key'>, done: KeptAnswer): Promise<void>;
  /** It failed and changed nothing: the key may be used again. */
  drop(request: Pick<BegunRequest, 'principal' | 'key'>): Promise<void>;
  removeBefore(at: Date): Promise<void>;
}

const KEY_PATTERN = /^[\x21-\x7e]{1,255}$/;
const KEPT_MS = 86_400_000;
/** Between two looks for keys that are older. */
const CLEAN_EVERY_MS = 600_000;

export class Idempotency {
  readonly #rows: IdempotencyRows;
  readonly #now: () => Date;
  #cleanedAtMs = 0;

  constructor(rows: IdempotencyRows, now: () => Date = () => new Date()) {
    this.#rows = rows;
    this.#now = now;
  }

  /** The answer of before, or undefined and a request to be finished. @throws AppError for a key that is used wrongly. */
  async begin(header: string, facts: { principal: string; method: string; path: string; body: unknown }) {
    const key = readKey(header);
    this.#clean();
    const { principal, method, path, body } = facts;
    const text = JSON.stringify([method, path, body ?? null]);
    const request: BegunRequest = { principal, key, fingerprint: createHash('sha256').update(text).digest() };
    const known = await this.#rows.begin(request);
    if (known === undefined) return { request, before: undefined };
    if (!Buffer.from(known.fingerprint).equals(request.fingerprint)) throw usedForAnother();
    if (known.done === undefined) throw stillRunning();
    return { request, before: known.done };
  }

  finish(request: BegunRequest, done: KeptAnswer): Promise<void> {
    return this.#rows.finish(request, done);
  }

  drop(request: BegunRequest): Promise<void> {
    return this.#rows.drop(request);
  }

  #clean(): void {
    const now = this.#now();
    if (now.getTime() - this.#cleanedAtMs < CLEAN_EVERY_MS) return;
    this.#cleanedAtMs = now.getTime();
    void this.#rows.removeBefore(new Date(now.getTime() - KEPT_MS)).catch(() => undefined);
  }
}

/** The second answer to a change whose answer held a secret. */
export function doneBefore({ receipt }: KeptAnswer): AppError {
  return fail('already_done', {
    param: 'idempotency-key',
    detail: `This was done before${receipt === undefined ? '' : `, on the record as ${receipt}`}; what it answered was shown then and is kept nowhere.`,
    remedy: 'If the answer is lost, revoke what was made and make another one, under another Idempotency-Key.',
  });
}

function readKey(header: string): string {
  const key = /^"(.*)"$/.exec(header)?.[1] ?? header;
  if (KEY_PATTERN.test(key)) return key;
  throw fail('invalid_field', {
    param: 'idempotency-key',
    detail: 'The Idempotency-Key is not 1 to 255 visible characters.',
    remedy: 'Send a UUID.',
  });
}

function usedForAnother(): AppError {
  return fail('idempotency_key_reused', {
    param: 'idempotency-key',
    detail: 'The key stands for another request: this one has another path or body.',
    remedy: 'Send a new Idempotency-Key for a new request.',
  });
}

function stillRunning(): AppError {
  return fail('idempotency_in_flight', {
    param: 'idempotency-key',
    detail: 'The request of this key is still being done.',
    remedy:
      'Ask again in a moment, under the same key. Where this lasts, the process that did it is gone: look whether it was done, and send a new key.',
    retryAfterS: 1,
  });
}

export function memoryIdempotencyRows(): IdempotencyRows {
  const rows = new Map<string, { fingerprint: Uint8Array; done: KeptAnswer | undefined; at: Date }>();
  const nameOf = ({ principal, key }: Pick<BegunRequest, 'principal' | 'key'>) => `${principal} ${key}`;
  return {
    async begin(request) {
      const known = rows.get(nameOf(request));
      if (known === undefined) {
        rows.set(nameOf(request), { fingerprint: request.fingerprint, done: undefined, at: new Date() });
      }
      return known;
    },
    async finish(request, done) {
      const row = rows.get(nameOf(request));
      if (row !== undefined) row.done = done;
    },
    async drop(request) {
      if (rows.get(nameOf(request))?.done === undefined) rows.delete(nameOf(request));
    },
    async removeBefore(before) {
      for (const [name, { at }] of rows) if (at < before) rows.delete(name);
    },
  };
}
