// What the running log needs of its formats, bound to this log's key. One place where the signer of `secrets/` and the
// pure formats meet. May import format/ and the types of secrets/.

import { createHash, randomBytes } from 'node:crypto';
import type { Signer } from '../secrets/secrets.ts';
import { encodeBase64 } from './format/base64.ts';
import { canonicalJson } from './format/canonical-json.ts';
import type { RecordDraft } from './record-draft.ts';

export interface LogFormat {
  /** Name of the log and of its key, as it stands in every checkpoint. */
  readonly origin: string;
  /** C2SP verifier key, one line. */
  readonly verifierKey: string;
  encodeRecord(record: RecordDraft, producer: { id: string; epoch: number; n: number }): Uint8Array;
  signCheckpoint(size: number, root: Uint8Array): Promise<string>;
  /** Signed note over name, size and SHA-256 of each file. */
  signManifest(files: readonly { name: string; size: number; sha256: Uint8Array }[]): Promise<string>;
  formatProof(proof: { index: number; hashes: readonly Uint8Array[]; checkpoint: string }): string;
}

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** `imr_` and 26 characters: 128 random bits. */
export function newReceipt(): string {
  const bytes = randomBytes(16);
  let value = BigInt(`0x${bytes.toString('hex')}`);
  let text = '';
  for (let i = 0; i < 26; i++) {
    text = CROCKFORD.charAt(Number(value & 31n)) + text;
    value >>= 5n;
  }
  return `imr_${text}`;
}

export function encode(record: RecordDraft, producer: { id: string; epoch: number; n: number }): Uint8Array {
  return Buffer.from(canonicalJson({ ...record, v: 1, producer }));
}

export function openLogFormat(signer: Signer): LogFormat {
  const origin = `intramuros.dev/log/${createHash('sha256').update(signer.publicKey).digest('hex').slice(0, 16)}`;
  const key = Buffer.concat([Buffer.from([1]), signer.publicKey]);
  const id = createHash('sha256').update(`${origin}\n`).update(key).digest().subarray(0, 4);
  const signNote = async (text: string) => {
    const signature = await signer.sign(Buffer.from(text));
    return `${text}\n\u2014 ${origin} ${encodeBase64(Buffer.concat([id, signature]))}\n`;
  };
  return {
    origin,
    verifierKey: `${origin}+${id.toString('hex')}+${encodeBase64(key)}`,
    encodeRecord: encode,
    signCheckpoint: (size, root) => signNote(`${origin}\n${size}\n${encodeBase64(root)}\n`),
    signManifest: (files) =>
      signNote(
        files.map(({ name, size, sha256 }) => `${name} ${size} ${Buffer.from(sha256).toString('hex')}\n`).join(''),
      ),
    formatProof: ({ index, hashes, checkpoint }) =>
      `c2sp.org/tlog-proof@v1\nindex ${index}\n${hashes.map((hash) => `${encodeBase64(hash)}\n`).join('')}\n${checkpoint}`,
  };
}
