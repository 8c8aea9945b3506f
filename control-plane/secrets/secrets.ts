// What the product asks of a store of keys. Shaped so that a store which never hands a key out (a transit engine, an
// HSM) fits: signing is a call, and keyed digests come from a `Mac`. Keys that do not exist yet are made by the store.
// Imports its own room only.

import type { Secret } from './secret.ts';

/** Keys that a process holds in memory to do its work. The log-signing key is never among them. */
export type ReadableSecretName = 'digest' | 'surrogate' | 'api-key-pepper' | 'session' | 'engine-bearer';
export type SecretName = ReadableSecretName | 'log-signing';
export type MacName = 'digest' | 'api-key-pepper';

export const SECRET_NAMES = [
  'log-signing',
  'digest',
  'surrogate',
  'api-key-pepper',
  'session',
  'engine-bearer',
] as const satisfies readonly SecretName[];

/** All of these throw `secret_unavailable` (503) with the remedy when the store cannot give the key. */
export interface Secrets {
  /** The current version of a key of 32 bytes. */
  read(name: ReadableSecretName): Promise<Secret>;
  /** HMAC-SHA256 under the key that is current at each call. A store that keeps its keys derives one for this use. */
  mac(name: MacName): Promise<Mac>;
  /** Signs the checkpoints of the audit log: the version that is current now. */
  signer(): Promise<Signer>;
}

/** Keys that change while the process runs. What is held is answered from memory, also while the store is away. */
export interface RotatingSecrets extends Secrets {
  /** Every version that is still accepted, the current one first. */
  held(name: ReadableSecretName): readonly Secret[];
  heldSigner(): Signer;
  /** Public labels of every version, the current one first. */
  versions(name: SecretName): readonly KeyVersion[];
  /** Makes a new version the current one, in the store and here. `endorse` is asked for the signing key alone. */
  rotate(name: SecretName, endorse: Endorse): Promise<KeyVersion>;
  /** Looks whether another process rotated a key. A store that is away changes nothing. */
  refresh(): Promise<void>;
  /** Called after a version was added, here or elsewhere. */
  onChange(callback: () => void): void;
  status(): StoreStatus;
}

export interface KeyVersion {
  readonly id: string;
  readonly version: number;
}

/** The statement by which a key that is trusted hands over to the next: signed by both. */
export type Endorse = (former: Signer, next: Signer) => Promise<string>;

export interface StoreStatus {
  readonly store: 'file' | 'memory' | 'vault';
  /** Why the store does not answer, or undefined. */
  readonly problem: string | undefined;
}

export interface Mac {
  readonly id: string;
  readonly version: number;
  /** 32 bytes. */
  compute(data: string | Uint8Array): Uint8Array;
  /** Under every version that is held, the current one first: what an older record speaks of is found too. */
  computeAll(data: string | Uint8Array): Uint8Array[];
}

/** Ed25519 (RFC 8032). */
export interface Signer {
  readonly id: string;
  readonly version: number;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 32 bytes: the key with which the log began, which names it. */
  readonly firstKey: Uint8Array;
  /** How the first key handed over to the one after it, and so on to this one. */
  readonly endorsements: readonly string[];
  /** 64 bytes. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}
