// Keys as the stores hold them: every version, and what is made from them. May import errors.ts and its own room.

import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { fail } from '../errors.ts';
import { Secret } from './secret.ts';
import {
  type Endorse,
  type KeyVersion,
  type Mac,
  type MacName,
  type ReadableSecretName,
  type RotatingSecrets,
  SECRET_NAMES,
  type SecretName,
  type Signer,
  type StoreStatus,
} from './secrets.ts';

export interface StoredKey {
  readonly id: string;
  readonly version: number;
  /** Empty for a key that its store does not give away. */
  readonly bytes: Uint8Array;
  /** Of a signing key that followed another: the statement that both signed. */
  readonly endorsement?: string;
  /** Of a signing key that its store does not give away: 32 bytes. */
  readonly publicKey?: Uint8Array;
}

/** The current version; those before it, newest first, are still accepted. */
export interface KeyHistory extends StoredKey {
  readonly former?: readonly StoredKey[];
}

export type Keyring = Readonly<Record<SecretName, KeyHistory>>;

/** Beyond this a rotation is refused: each version is tried for what no newer one fits. */
export const MAX_VERSIONS = 20;

/** Where the keys lie. Every method throws `secret_unavailable`. */
export interface KeyStore {
  readonly kind: StoreStatus['store'];
  load(): Promise<Keyring>;
  /** Adds a version and makes it the current one. Refuses where another process did so since `current`. */
  add(name: SecretName, current: KeyHistory, endorse: Endorse): Promise<void>;
  /** Signs with a version of a signing key that the store keeps to itself. */
  sign?(key: StoredKey, message: Uint8Array): Promise<Uint8Array>;
  problem?(): string | undefined;
}

/** Every key that is missing is made; what is there stays. 32 random bytes each: for Ed25519 they are the seed. */
export function completeKeyring(found: Partial<Keyring> = {}): Keyring {
  const keys = SECRET_NAMES.map((name) => [name, found[name] ?? makeKey(name)]);
  return Object.fromEntries(keys) as Keyring;
}

export function makeKey(name: SecretName, version = 1): StoredKey {
  return { id: `${name}-${randomBytes(4).toString('hex')}`, version, bytes: randomBytes(32) };
}

export function versionsOf({ former = [], ...current }: KeyHistory): readonly StoredKey[] {
  return [current, ...former];
}

/** With `next` as its current version. */
export function followedBy(history: KeyHistory, next: StoredKey): KeyHistory {
  return { ...next, former: versionsOf(history) };
}

/** A key of this process that follows the current one, endorsed where it signs. */
export async function nextKey(name: SecretName, current: KeyHistory, endorse: Endorse): Promise<StoredKey> {
  const next = makeKey(name, current.version + 1);
  if (name !== 'log-signing') return next;
  const endorsement = await endorse(signerOf(current), signerOf(followedBy(current, next)));
  return { ...next, endorsement };
}

/** @param signs where the store signs instead of us. */
export function signerOf(history: KeyHistory, signs?: KeyStore['sign']): Signer {
  const all = versionsOf(history);
  const { id, version } = history;
  const privateKey = signs === undefined ? ed25519Key(history.bytes) : undefined;
  return {
    id,
    version,
    publicKey: publicKeyOf(history),
    firstKey: publicKeyOf(all.at(-1) ?? history),
    endorsements: all.flatMap(({ endorsement }) => endorsement ?? []).toReversed(),
    sign: async (message) => {
      if (privateKey !== undefined) return sign(null, message, privateKey);
      return signs === undefined ? new Uint8Array() : signs(history, message);
    },
  };
}

export class KeyringSecrets implements RotatingSecrets {
  readonly #store: KeyStore;
  readonly #callbacks: (() => void)[] = [];
  #keys: Keyring;
  #readable = new Map<SecretName, readonly Secret[]>();
  #macKeys = new Map<SecretName, readonly KeyObject[]>();
  #signer: Signer | undefined;
  #problem: string | undefined;

  constructor(keys: Keyring, store: KeyStore = fixedStore(keys)) {
    this.#keys = keys;
    this.#store = store;
  }

  async read(name: ReadableSecretName): Promise<Secret> {
    return new Secret(this.#keys[name]);
  }

  async mac(name: MacName): Promise<Mac> {
    const current = () => this.#keys[name];
    // Made once a version: bytes would be looked at anew for every digest, at five times its price.
    const keys = () => this.#macKeysOf(name);
    const compute = (key: KeyObject, data: string | Uint8Array) => createHmac('sha256', key).update(data).digest();
    return {
      get id() {
        return current().id;
      },
      get version() {
        return current().version;
      },
      compute: (data) => compute(keys()[0] as KeyObject, data),
      computeAll: (data) => keys().map((key) => compute(key, data)),
    };
  }

  async signer(): Promise<Signer> {
    return this.heldSigner();
  }

  held(name: ReadableSecretName): readonly Secret[] {
    const known = this.#readable.get(name) ?? versionsOf(this.#keys[name]).map((key) => new Secret(key));
    this.#readable.set(name, known);
    return known;
  }

  heldSigner(): Signer {
    this.#signer ??= signerOf(this.#keys['log-signing'], this.#store.sign?.bind(this.#store));
    return this.#signer;
  }

  versions(name: SecretName): readonly KeyVersion[] {
    return versionsOf(this.#keys[name]).map(({ id, version }) => ({ id, version }));
  }

  async rotate(name: SecretName, endorse: Endorse): Promise<KeyVersion> {
    this.#take(await this.#store.load()); // another process may have rotated it
    const current = this.#keys[name];
    if (versionsOf(current).length >= MAX_VERSIONS) {
      throw fail('secret_unavailable', {
        detail: `${name} has ${MAX_VERSIONS} versions already, all of them still accepted.`,
        remedy: 'A version cannot be given up yet: docs/reference/secrets.md says what each one still opens.',
      });
    }
    await this.#store.add(name, current, endorse);
    this.#take(await this.#store.load());
    const { id, version } = this.#keys[name];
    return { id, version };
  }

  async refresh(): Promise<void> {
    try {
      this.#take(await this.#store.load());
      this.#problem = undefined;
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : 'the store does not answer';
    }
  }

  onChange(callback: () => void): void {
    this.#callbacks.push(callback);
  }

  status(): StoreStatus {
    return { store: this.#store.kind, problem: this.#store.problem?.() ?? this.#problem };
  }

  #take(keys: Keyring): void {
    const changed = SECRET_NAMES.some((name) => keys[name].id !== this.#keys[name].id);
    if (!changed) return;
    this.#keys = keys;
    this.#readable = new Map();
    this.#macKeys = new Map();
    this.#signer = undefined;
    for (const callback of this.#callbacks) callback();
  }

  #macKeysOf(name: MacName): readonly KeyObject[] {
    const known = this.#macKeys.get(name) ?? versionsOf(this.#keys[name]).map(({ bytes }) => createSecretKey(bytes));
    this.#macKeys.set(name, known);
    return known;
  }
}

/** A store in memory. */
export function fixedStore(keys: Keyring): KeyStore {
  let held = keys;
  return {
    kind: 'memory',
    load: async () => held,
    async add(name, current, endorse) {
      held = { ...held, [name]: followedBy(current, await nextKey(name, current, endorse)) };
    },
  };
}

function publicKeyOf({ publicKey, bytes }: StoredKey): Uint8Array {
  if (publicKey !== undefined) return publicKey;
  return createPublicKey(ed25519Key(bytes)).export({ type: 'spki', format: 'der' }).subarray(-32);
}

/** The fixed head of a PKCS #8 Ed25519 key (RFC 8410), before its 32 bytes. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

function ed25519Key(seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' });
}
