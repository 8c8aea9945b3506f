// What the running log needs of its formats, bound to this log's key. One place where the signer of `secrets/` and the
// pure formats meet. May import format/ and the types of secrets/.

import { createHash, randomFillSync } from 'node:crypto';
import type { Signer } from '../secrets/secrets.ts';
import { signCheckpoint } from './format/checkpoint.ts';
import { type ManifestEntry, signManifest } from './format/manifest.ts';
import { formatVerifierKey, type NoteSigner, parseVerifierKey } from './format/note.ts';
import { formatProof, type InclusionProof } from './format/proof.ts';
import { receiptOf } from './format/receipt.ts';
import { encodeRecord } from './format/record.ts';
import type { RecordDraft } from './record-draft.ts';

export interface LogFormat {
  /** Name of the log and of its key, as it stands in every checkpoint. */
  readonly origin: string;
  /** C2SP verifier key, one line. */
  readonly verifierKey: string;
  encodeRecord(record: RecordDraft, producer: { id: string; epoch: number; n: number }): Uint8Array;
  signCheckpoint(size: number, root: Uint8Array): Promise<string>;
  /** Signed note over name, size and SHA-256 of each file; `header` where the folder is no exported log. */
  signManifest(files: readonly ManifestEntry[], header?: string): Promise<string>;
  formatProof(proof: InclusionProof): string;
}

/** `imr_` and 26 characters: 128 random bits. */
export function newReceipt(): string {
  if (drawn === RANDOM.length) {
    randomFillSync(RANDOM);
    drawn = 0;
  }
  drawn += 16;
  return receiptOf(RANDOM.subarray(drawn - 16, drawn));
}

/** Drawn for 256 receipts at a time: receipts are no secrets, and a call to the system costs more than all else of one. */
const RANDOM = new Uint8Array(16 * 256);
let drawn = RANDOM.length;

export function openLogFormat(signer: Signer): LogFormat {
  const origin = `intramuros.dev/log/${createHash('sha256').update(signer.publicKey).digest('hex').slice(0, 16)}`;
  const verifierKey = formatVerifierKey(origin, signer.publicKey);
  const { id } = parseVerifierKey(verifierKey);
  const noteSigner: NoteSigner = { name: origin, id, sign: (text) => signer.sign(text) };
  return {
    origin,
    verifierKey,
    encodeRecord: (record, producer) => encodeRecord({ ...record, v: 1, producer }),
    signCheckpoint: (size, root) => signCheckpoint({ origin, size, root }, [noteSigner]),
    signManifest: (files, header) => signManifest(files, noteSigner, header),
    formatProof,
  };
}
