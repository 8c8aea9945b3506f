// The manifest of an exported log: a signed note over name, size and SHA-256 of each of its files, so that the folder is
// closed: nothing can be missing, added or changed without the log's key. `sha256sum` can check it, see the guide.
// Its first line keeps it apart from a checkpoint, which the same key signs.
// May import: notes and the error of this room.

import { FormatError } from './format-error.ts';
import { type NoteSigner, openNote, signNote, type VerifierKey } from './note.ts';

export interface ManifestEntry {
  /** Path inside the folder, with `/`. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** 32 bytes. */
  readonly sha256: Uint8Array;
}

const HEADER = 'intramuros.dev/audit-manifest@v1';
const LINE = /^([0-9a-f]{64}) (0|[1-9][0-9]{0,15}) ([a-z0-9][a-z0-9./-]*)$/;

/** The note text: a header (another one for a folder that is no exported log), then `<sha256 in hex> <size> <name>` by name. */
export function formatManifest(files: readonly ManifestEntry[], header = HEADER): string {
  const lines = files
    .toSorted((a, b) => compareNames(a.name, b.name))
    .map(({ name, size, sha256 }) => `${Buffer.from(sha256).toString('hex')} ${size} ${name}\n`);
  return `${header}\n${lines.join('')}`;
}

export async function signManifest(
  files: readonly ManifestEntry[],
  signer: NoteSigner,
  header = HEADER,
): Promise<string> {
  return signNote(formatManifest(files, header), [signer]);
}

/** The files by name. Throws the codes of `openNote` and `manifest_invalid`. */
export function openManifest(
  note: Uint8Array,
  key: VerifierKey,
  expected = HEADER,
): ReadonlyMap<string, ManifestEntry> {
  const { text, signatures } = openNote(note, key);
  if (signatures.length !== 1) throw new FormatError('manifest_invalid', 'more than one signature');
  const [header, ...lines] = text.slice(0, -1).split('\n');
  if (header !== expected) throw new FormatError('manifest_invalid', `the first line is not ${expected}`);
  const files = new Map<string, ManifestEntry>();
  let last = '';
  for (const line of lines) {
    const [, sha256 = '', size = '', name = ''] = LINE.exec(line) ?? [];
    if (name === '' || compareNames(last, name) >= 0) {
      throw new FormatError('manifest_invalid', `line ${files.size + 2} is not a file, or not in its place`);
    }
    files.set(name, { name, size: Number(size), sha256: Buffer.from(sha256, 'hex') });
    last = name;
  }
  return files;
}

function compareNames(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
