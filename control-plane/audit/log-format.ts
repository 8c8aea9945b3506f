// What the running log needs of its formats, bound to this log's key. One place where the signer of `secrets/` and the
// pure formats meet. May import format/ and the types of secrets/.

import { createHash, randomFillSync } from 'node:crypto';
import type { Signer } from '../secrets/secrets.ts';
import { signCheckpoint } from './format/checkpoint.ts';
import { signHandover } from './format/key-chain.ts';
import { type ManifestEntry, signManifest } from './format/manifest.ts';
import { formatVerifierKey, type NoteSigner, parseVerifierKey } from './format/note.ts';
import { formatProof, type InclusionProof } from './format/proof.ts';
import { receiptOf } from './format/receipt.ts';
import { encodeRecord } from './format/record.ts';
import type { RecordDraft } from './record-draft.ts';

export interface LogFormat {
  /** Name of the log and of its key, as it stands in every checkpoint. */
  readonly origin: string;
  /** C2SP verifier key, one line: the first one of the log, which leads to all that follow. */
  readonly verifierKey: string;
  /** That of the key which signs now. */
  currentKey(): string;
  /** How each key handed over to the next, oldest first. */
  handovers(): readonly string[];
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

/** Of the key that signs now: a function where that key may be rotated while the log is written. */
export function openLogFormat(signer: Signer | (() => Signer)): LogFormat {
  const signerNow = typeof signer === 'function' ? signer : () => signer;
  const origin = originOf(signerNow());
  const sign = () => noteSignerOf(signerNow());
  return {
    origin,
    verifierKey: formatVerifierKey(origin, signerNow().firstKey),
    currentKey: () => formatVerifierKey(origin, signerNow().publicKey),
    handovers: () => signerNow().endorsements,
    encodeRecord: (record, producer) => encodeRecord({ ...record, v: 1, producer }),
    signCheckpoint: (size, root) => signCheckpoint({ origin, size, root }, [sign()]),
    signManifest: (files, header) => signManifest(files, sign(), header),
    formatProof,
  };
}

/** Of every version of the key, newest first. */
export function verifierKeysOf(signers: readonly Signer[]): string[] {
  return signers.map((signer) => formatVerifierKey(originOf(signer), signer.publicKey));
}

/** The statement of a rotation: the key that signed until now, and the next one, both sign. */
export function endorseKey(former: Signer, next: Signer): Promise<string> {
  const signers = { former: noteSignerOf(former), next: noteSignerOf(next) };
  return signHandover(formatVerifierKey(originOf(next), next.publicKey), signers);
}

/** Named after its first key, whichever signs now. */
function originOf({ firstKey }: Signer): string {
  return `intramuros.dev/log/${createHash('sha256').update(firstKey).digest('hex').slice(0, 16)}`;
}

function noteSignerOf(signer: Signer): NoteSigner {
  const name = originOf(signer);
  const { id } = parseVerifierKey(formatVerifierKey(name, signer.publicKey));
  return { name, id, sign: (text) => signer.sign(text) };
}
