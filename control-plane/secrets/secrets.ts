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
  /** HMAC-SHA256 under the current key. A store that keeps its keys derives one for this use and gives that. */
  mac(name: MacName): Promise<Mac>;
  /** Signs the checkpoints of the audit log. */
  signer(): Promise<Signer>;
}

export interface Mac {
  readonly id: string;
  readonly version: number;
  /** 32 bytes. */
  compute(data: string | Uint8Array): Uint8Array;
}

/** Ed25519 (RFC 8032). */
export interface Signer {
  readonly id: string;
  readonly version: number;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 64 bytes. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}
