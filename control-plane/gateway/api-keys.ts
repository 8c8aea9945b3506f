// API keys: how one is made, kept and recognised. A key is `im_<8 prefix>_<32 secret>`; only the prefix and an HMAC of
// the whole are stored, so that a stolen table opens nothing. The gateway knows the keys in memory: a request costs no
// database work, and a database outage never turns a valid key into a 401.
// Imports the errors and node:crypto.

import { createHmac, createSecretKey, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';
import type { DataClass } from '../policy/data-class.ts';
import type { Limits } from '../policy/tenant-facts.ts';
import type { Caller } from './exchange.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const KEY_PATTERN = /^im_[A-Za-z0-9]{8}_[A-Za-z0-9]{32}$/;

export interface StoredApiKey {
  readonly id: string;
  readonly name: string;
  readonly tenant: string;
  readonly dataClass: DataClass;
  readonly prefix: string;
  readonly limits?: Limits | undefined;
  /** The only models that it may ask for; none, or undefined: all of its tenant. */
  readonly models?: readonly string[] | undefined;
  /** Milliseconds since 1970 from which on it opens nothing. */
  readonly expiresAtMs?: number | undefined;
  /** HMAC-SHA256 of the whole key under the pepper. */
  readonly hash: Uint8Array;
}

/** Where keys are kept; PostgreSQL in the product, a list in tests. */
export interface ApiKeySource {
  /** Every key that is valid now. */
  list(): Promise<readonly StoredApiKey[]>;
  /** Keeps a hash under another pepper for a key that still has the hash `from`. */
  rehash?(id: string, from: Uint8Array, to: Uint8Array): Promise<void>;
  /** Keeps when each key, by its id, was used last. */
  noteUse?(used: ReadonlyMap<string, Date>): Promise<void>;
  /** Calls back after each change, and after each reconnect, until the signal ends it. */
  onChange(callback: () => void, signal: AbortSignal): void;
}

export interface NewApiKey {
  readonly text: string;
  readonly prefix: string;
  readonly hash: Uint8Array;
}

/** A new key; its text exists here and in the answer to the one who asked, nowhere else. */
export function makeApiKey(pepper: Uint8Array): NewApiKey {
  const prefix = `im_${randomText(8)}`;
  const text = `${prefix}_${randomText(32)}`;
  return { text, prefix, hash: hashApiKey(pepper, text) };
}

export function hashApiKey(pepper: Uint8Array | KeyObject, text: string): Buffer {
  return createHmac('sha256', pepper).update(text).digest();
}

function randomText(length: number): string {
  let text = '';
  while (text.length < length) {
    // 248 = 4 x 62: bytes beyond would favour the first letters of the alphabet.
    for (const byte of randomBytes(length)) if (byte < 248 && text.length < length) text += ALPHABET[byte % 62];
  }
  return text;
}

export interface ApiKeysDependencies {
  readonly source: ApiKeySource;
  /** Several where it was rotated: the current one first, and all are accepted. */
  readonly pepper: Uint8Array | (() => readonly Uint8Array[]);
  readonly onError: (error: unknown) => void;
  readonly nowMs?: () => number;
}

/** When a key was used last is kept to the minute. */
const NOTE_USE_MS = 60_000;

interface KnownKey extends StoredApiKey {
  readonly caller: Caller;
}

/** The valid keys in memory, kept fresh by the source; the last good list stays when the source fails. */
export class ApiKeys {
  readonly #dependencies: ApiKeysDependencies;
  readonly #peppers: () => readonly Uint8Array[];
  readonly #keyObjects = new WeakMap<Uint8Array, KeyObject>();
  readonly #rehashing = new Set<string>();
  readonly #stopped = new AbortController();
  readonly #nowMs: () => number;
  #used = new Map<string, Date>();
  #noting: NodeJS.Timeout | undefined;
  #byPrefix = new Map<string, KnownKey>();
  #retry: NodeJS.Timeout | undefined;
  #loads = 0;
  #loaded = 0;

  constructor(dependencies: ApiKeysDependencies) {
    this.#dependencies = dependencies;
    const { pepper, nowMs = Date.now } = dependencies;
    this.#nowMs = nowMs;
    this.#peppers = typeof pepper === 'function' ? pepper : () => [pepper];
  }

  async start(): Promise<void> {
    this.#dependencies.source.onChange(() => void this.#reload(), this.#stopped.signal);
    await this.#load();
    this.#noting = setInterval(() => void this.noteUse(), NOTE_USE_MS);
    this.#noting.unref();
  }

  stop(): void {
    this.#stopped.abort();
    clearInterval(this.#noting);
    clearTimeout(this.#retry);
  }

  /** The caller that a key text belongs to. Unknown prefixes cost the same work as known ones with a wrong secret. */
  find(text: string): Caller | undefined {
    if (!KEY_PATTERN.test(text)) return undefined;
    const hashes = this.#peppers().map((pepper) => hashApiKey(this.#keyObject(pepper), text));
    const key = this.#byPrefix.get(text.slice(0, 11));
    const stored = key?.hash ?? NO_HASH;
    const matches = hashes.map((hash) => timingSafeEqual(hash, stored)); // every one, whichever fits
    if (key === undefined || !matches.includes(true)) return undefined;
    if (matches[0] !== true) this.#rehash(key, hashes[0] ?? NO_HASH);
    const nowMs = this.#nowMs();
    if (key.expiresAtMs !== undefined && key.expiresAtMs <= nowMs) return undefined;
    this.#used.set(key.id, new Date(nowMs));
    return key.caller;
  }

  /** Writes down which keys were used since the last time; what cannot be written waits. */
  async noteUse(): Promise<void> {
    const { source, onError } = this.#dependencies;
    if (this.#used.size === 0) return;
    const used = this.#used;
    this.#used = new Map();
    try {
      await source.noteUse?.(used);
    } catch (error) {
      onError(error);
      this.#used = new Map([...used, ...this.#used]);
    }
  }

  #keyObject(pepper: Uint8Array): KeyObject {
    const known = this.#keyObjects.get(pepper) ?? createSecretKey(pepper);
    this.#keyObjects.set(pepper, known);
    return known;
  }

  /** Behind the request: it is answered under the former pepper, and the next one under the current. */
  #rehash({ id, hash }: StoredApiKey, to: Uint8Array): void {
    const { source, onError } = this.#dependencies;
    if (source.rehash === undefined || this.#rehashing.has(id)) return;
    this.#rehashing.add(id);
    void source
      .rehash(id, hash, to)
      .catch(onError)
      .finally(() => this.#rehashing.delete(id));
  }

  async #load(): Promise<void> {
    this.#loads += 1;
    const load = this.#loads;
    const keys = await this.#dependencies.source.list();
    // Lists may come back out of order: an older one must not bring a revoked key to life again.
    if (load < this.#loaded) return;
    this.#loaded = load;
    this.#byPrefix = new Map(keys.map((key) => [key.prefix, { ...key, caller: callerOf(key) }]));
  }

  async #reload(): Promise<void> {
    if (this.#stopped.signal.aborted) return;
    clearTimeout(this.#retry);
    try {
      await this.#load();
    } catch (error) {
      this.#dependencies.onError(error);
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => void this.#reload(), 1000);
      this.#retry.unref();
    }
  }
}

const NO_HASH = Buffer.alloc(32);

function callerOf({ id, name, tenant, dataClass, limits, models }: StoredApiKey): Caller {
  return {
    ...{ keyId: id, keyName: name, tenant, dataClass, limits },
    models: models === undefined || models.length === 0 ? undefined : new Set(models),
  };
}
