// Keys as the file and memory stores hold them, and what is made from them. May import its own room.

import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { Secret } from './secret.ts';
import {
  type Mac,
  type MacName,
  type ReadableSecretName,
  SECRET_NAMES,
  type SecretName,
  type Secrets,
  type Signer,
} from './secrets.ts';

export interface StoredKey {
  readonly id: string;
  readonly version: number;
  readonly bytes: Uint8Array;
}

export type Keyring = Readonly<Record<SecretName, StoredKey>>;

/** Every key that is missing is made; what is there stays. 32 random bytes each: for Ed25519 they are the seed. */
export function completeKeyring(found: Partial<Keyring> = {}): Keyring {
  const keys = SECRET_NAMES.map((name) => [name, found[name] ?? makeKey(name)]);
  return Object.fromEntries(keys) as Keyring;
}

function makeKey(name: SecretName): StoredKey {
  return { id: `${name}-${randomBytes(4).toString('hex')}`, version: 1, bytes: randomBytes(32) };
}

export class KeyringSecrets implements Secrets {
  readonly #keys: Keyring;

  constructor(keys: Keyring) {
    this.#keys = keys;
  }

  async read(name: ReadableSecretName): Promise<Secret> {
    return new Secret(this.#keys[name]);
  }

  async mac(name: MacName): Promise<Mac> {
    const { id, version, bytes } = this.#keys[name];
    const key = createSecretKey(bytes); // made once: bytes would be looked at anew for every digest, at five times its price
    return { id, version, compute: (data) => createHmac('sha256', key).update(data).digest() };
  }

  async signer(): Promise<Signer> {
    const { id, version, bytes } = this.#keys['log-signing'];
    const privateKey = ed25519Key(bytes);
    const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).subarray(-32);
    return { id, version, publicKey, sign: async (message) => sign(null, message, privateKey) };
  }
}

/** The fixed head of a PKCS #8 Ed25519 key (RFC 8410), before its 32 bytes. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

function ed25519Key(seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' });
}
