// Whether a record stands in the signed log, found out in this browser: from the record's own bytes to the root, from the
// root to a signature, from the key that signed to the first key of the log. The server's word is not asked for any step.

import { areEqual, fromBase64, toHex } from './bytes.ts';
import { leafHash, readCheckpoint, readProof, rootFrom } from './inclusion.ts';
import { followKeys, isSignedBy, type LogKey, readLogKey, readNote } from './signed-note.ts';

export interface ProvenRecord {
  /** The record's bytes, as they are hashed; base64. */
  readonly entry: string;
  /** C2SP tlog-proof. */
  readonly proof: string;
  /** Verifier key: the first one of the log. */
  readonly firstKey: string;
  readonly handovers: readonly string[];
}

/** In the order in which one rests on the other. */
export type ProofStep = 'record' | 'path' | 'checkpoint' | 'keys';

export interface Verdict {
  /** The step that does not hold; undefined: all do. */
  readonly failed: ProofStep | undefined;
  /** Why, as a developer would say it. */
  readonly why: string | undefined;
  readonly leaf: string | undefined;
  readonly index: string | undefined;
  readonly size: string | undefined;
  readonly root: string | undefined;
  /** Names of the keys, the first and the one that signed. */
  readonly firstKey: LogKey | undefined;
  readonly signedBy: LogKey | undefined;
}

type Facts = { -readonly [K in keyof Verdict]: Verdict[K] };

/** Undefined where this browser cannot verify: no WebCrypto (plain HTTP that is not loopback), or no Ed25519. */
export async function canVerify(): Promise<boolean> {
  if (globalThis.crypto?.subtle === undefined) return false;
  try {
    await crypto.subtle.generateKey({ name: 'Ed25519' }, false, ['sign', 'verify']);
    return true;
  } catch {
    return false;
  }
}

export async function verifyRecord(proven: ProvenRecord): Promise<Verdict> {
  const facts: Facts = {
    ...{ failed: undefined, why: undefined, leaf: undefined, index: undefined, size: undefined, root: undefined },
    ...{ firstKey: undefined, signedBy: undefined },
  };
  let step: ProofStep = 'record';
  try {
    const entry = fromBase64(proven.entry);
    const leaf = await leafHash(entry);
    facts.leaf = toHex(leaf);
    step = 'path';
    const proof = readProof(proven.proof);
    const note = readNote(proof.checkpoint);
    const checkpoint = readCheckpoint(note.text);
    Object.assign(facts, { index: proof.index.toString(), size: checkpoint.size.toString() });
    const root = await rootFrom(leaf, proof.index, checkpoint.size, proof.hashes);
    facts.root = toHex(checkpoint.root);
    if (!areEqual(root, checkpoint.root)) throw new Error('the hashes lead to another root than the signed one');
    step = 'keys';
    facts.firstKey = await readLogKey(proven.firstKey);
    const keys = await followKeys(facts.firstKey, proven.handovers);
    step = 'checkpoint';
    if (checkpoint.origin !== facts.firstKey.name) throw new Error('a checkpoint of another log');
    for (const key of keys) if (await isSignedBy(note, key)) facts.signedBy = key;
    if (facts.signedBy === undefined) throw new Error('no key of the log signed the checkpoint');
  } catch (error) {
    facts.failed = step;
    facts.why = error instanceof Error ? error.message : 'unknown';
  }
  return facts;
}
