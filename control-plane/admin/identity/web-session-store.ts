// Where express-session keeps sessions: rows of `web_session`, found by the SHA-256 of the session id, so that whoever
// reads the table cannot take a session over. The base class is express-session's own, hence the callbacks.
// Imports errors only.

import { createHash } from 'node:crypto';
import { callbackify } from 'node:util';
import session, { type SessionData } from 'express-session';
import { fail } from '../../errors.ts';

/** Rows by key; PostgreSQL in the product, a Map in tests. */
export interface WebSessionRows {
  find(key: string, now: Date): Promise<unknown>;
  save(key: string, data: object, expiresAt: Date): Promise<void>;
  /** Moves the end of a session that still exists; never brings one back. */
  extend(key: string, expiresAt: Date): Promise<void>;
  remove(key: string): Promise<void>;
  removeExpired(now: Date): Promise<void>;
}

/** A session that is read again within this time is not written again just to move its end. */
const TOUCH_EVERY_MS = 60_000;

/** A session that is not used ends after this. */
export const IDLE_MS = 8 * 3_600_000;
/** What a stranger's browser may keep: a company sign-in that it began and did not end. */
const STRANGER_MS = 10 * 60_000;

type Done = (error?: unknown) => void;

export class WebSessionStore extends session.Store {
  readonly #rows: WebSessionRows;
  readonly #extended = new Map<string, number>();

  constructor(rows: WebSessionRows) {
    super();
    this.#rows = rows;
  }

  override get(sid: string, done: (error: unknown, data?: SessionData | null) => void): void {
    const find = async () => ((await this.#rows.find(keyOf(sid), new Date())) ?? null) as SessionData | null;
    callbackify(find)((cause, data) => (cause === null ? done(null, data) : done(unavailable(cause))));
  }

  override set(sid: string, data: SessionData, done?: Done): void {
    const plain = JSON.parse(JSON.stringify(data)) as object;
    settle(this.#rows.save(keyOf(sid), plain, endOf(data)), done);
  }

  override touch(sid: string, data: SessionData, done?: Done): void {
    const now = Date.now();
    if (now - (this.#extended.get(sid) ?? 0) < TOUCH_EVERY_MS) {
      done?.();
      return;
    }
    if (this.#extended.size > 10_000) this.#extended.clear();
    this.#extended.set(sid, now);
    settle(this.#rows.extend(keyOf(sid), endOf(data)), done);
  }

  override destroy(sid: string, done?: Done): void {
    this.#extended.delete(sid);
    settle(this.#rows.remove(keyOf(sid)), done);
  }
}

function endOf({ passport }: SessionData): Date {
  return new Date(Date.now() + (passport?.user === undefined ? STRANGER_MS : IDLE_MS));
}

export function memoryWebSessionRows(): WebSessionRows {
  const rows = new Map<string, { data: object; expiresAt: Date }>();
  return {
    find: async (key, now) => {
      const row = rows.get(key);
      return row !== undefined && row.expiresAt > now ? structuredClone(row.data) : undefined;
    },
    save: async (key, data, expiresAt) => void rows.set(key, { data, expiresAt }),
    extend: async (key, expiresAt) => {
      const row = rows.get(key);
      if (row !== undefined) rows.set(key, { ...row, expiresAt });
    },
    remove: async (key) => void rows.delete(key),
    removeExpired: async (now) => {
      for (const [key, { expiresAt }] of rows) if (expiresAt <= now) rows.delete(key);
    },
  };
}

function settle(work: Promise<void>, done: Done = () => {}): void {
  callbackify(() => work)((cause) => (cause === null ? done() : done(unavailable(cause))));
}

function unavailable(cause: unknown) {
  return fail('database_unavailable', { detail: 'Sessions cannot be read or written now.', retryAfterS: 2, cause });
}

function keyOf(sid: string): string {
  return createHash('sha256').update(sid).digest('base64url');
}
