// Verifies an exported log with a public key and nothing else: the folder is closed and as its manifest says, entries,
// tiles and signed root agree, the records are sound, and the log continues a checkpoint seen earlier. Reads the entry
// bundles one by one, so that the size of the log does not matter. Says the first bad record, not only that there is one.
// May import: format/ and its own room.

import { hash } from 'node:crypto';
import { encodeBase64 } from '../format/base64.ts';
import { type Checkpoint, openCheckpoint } from '../format/checkpoint.ts';
import { openCosignature, parseWitnessKey, type WitnessKey } from '../format/cosignature.ts';
import { FormatError } from '../format/format-error.ts';
import { followHandovers, openByAny } from '../format/key-chain.ts';
import { type ManifestEntry, openManifest } from '../format/manifest.ts';
import { HASH_BYTES, leafHash, sameHash } from '../format/merkle.ts';
import { parseVerifierKey, type VerifierKey } from '../format/note.ts';
import { type Tile, TileEdge } from '../format/tile-edge.ts';
import {
  bundlesOf,
  decodeBundle,
  entriesPath,
  MAX_ENTRY_BYTES,
  TILE_WIDTH,
  tilePath,
  tilesOf,
} from '../format/tiles.ts';
import type { BundleFiles } from './bundle-files.ts';
import { RecordChronicle } from './record-chronicle.ts';
import type { Finding, FindingCode, VerifyReport } from './verify-report.ts';

export interface VerifyOptions {
  /** The verifier key that the reader got elsewhere, one line. */
  readonly verifierKey: string;
  /** A checkpoint (signed note) seen earlier. */
  readonly since?: string;
  /** The verifier key of a witness, one line: its cosignature is then required. */
  readonly witnessKey?: string;
}

const WITNESSED_FILE = 'witnessed';
const MAX_NOTE_BYTES = 64 * 1024;
const MAX_MANIFEST_BYTES = 256 * 1024 * 1024;
const MAX_BUNDLE_BYTES = TILE_WIDTH * (MAX_ENTRY_BYTES + 2);
const MAX_FINDINGS = 100;

/** Throws FormatError `key_invalid` for a key that is none; everything else is a finding. */
export async function verifyBundle(files: BundleFiles, options: VerifyOptions): Promise<VerifyReport> {
  const witness = options.witnessKey === undefined ? undefined : parseWitnessKey(options.witnessKey);
  return new Verification(files, parseVerifierKey(options.verifierKey.trimEnd()), witness).run(options.since);
}

class Verification {
  readonly #files: BundleFiles;
  readonly #key: VerifierKey;
  /** The one that the reader trusts, and those that it leads to. */
  #keys: readonly VerifierKey[];
  #handovers: readonly Uint8Array[] = [];
  readonly #witness: WitnessKey | undefined;
  #witnessed: (Checkpoint & { readonly atS: number }) | undefined;
  readonly #chronicle = new RecordChronicle();
  readonly #findings: Finding[] = [];
  #findingCount = 0;
  #firstBad: Finding | undefined;
  #manifest: ReadonlyMap<string, ManifestEntry> = new Map();

  constructor(files: BundleFiles, key: VerifierKey, witness: WitnessKey | undefined) {
    this.#files = files;
    this.#key = key;
    this.#keys = [key];
    this.#witness = witness;
  }

  async run(sinceNote: string | undefined): Promise<VerifyReport> {
    await this.#followKeys();
    const since = sinceNote === undefined ? undefined : this.#openSince(sinceNote);
    await this.#checkKeyCopy();
    const checkpoint = await this.#openCheckpoint();
    await this.#openManifest();
    this.#witnessed = await this.#openWitnessed();
    if (checkpoint !== undefined) {
      await this.#checkNames(checkpoint.size);
      if (since !== undefined && since.size > checkpoint.size) {
        const missing = `the log ends at ${checkpoint.size}, and had ${since.size} records when the checkpoint was kept`;
        this.#report('since_newer', `${missing}: records from ${checkpoint.size} on are gone`);
      }
      if (this.#witnessed !== undefined && this.#witnessed.size > checkpoint.size) {
        this.#report('witness_forked', `the witness saw ${this.#witnessed.size} records, and the log ends before`);
      }
      await this.#checkRecords(checkpoint, since);
    }
    return this.#conclude(checkpoint, since);
  }

  #openSince(note: string): Checkpoint | undefined {
    return this.#attempt('since_bad', undefined, () => this.#openByAny(note));
  }

  #openByAny(note: Uint8Array | string): Checkpoint {
    return openByAny(this.#keys, (key) => openCheckpoint(note, key));
  }

  /** A log whose key was rotated says how: each key signed the next one. */
  async #followKeys(): Promise<void> {
    const notes: Uint8Array[] = [];
    for (;;) {
      const note = await this.#files.read(handoverPath(notes.length), MAX_NOTE_BYTES);
      if (note === undefined) break;
      notes.push(note);
    }
    this.#handovers = notes;
    if (notes.length === 0) return;
    this.#keys = this.#attempt('key_chain_bad', handoverPath(0), () => followHandovers(notes, this.#key)) ?? [
      this.#key,
    ];
  }

  /** Whether the copy is the key that is trusted, or one that led to it. */
  #leadsHere(copy: string): boolean {
    if (copy === `${this.#key.text}\n`) return true;
    try {
      const keys = followHandovers(this.#handovers, parseVerifierKey(copy));
      return keys.some(({ text }) => text === this.#key.text);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      return false;
    }
  }

  async #checkKeyCopy(): Promise<void> {
    const copy = await this.#files.read('log-key.pub', MAX_NOTE_BYTES);
    if (copy === undefined || this.#leadsHere(Buffer.from(copy).toString('utf8'))) return;
    this.#report('key_differs', 'the key in the folder is not the key that you trust', { file: 'log-key.pub' });
  }

  async #openCheckpoint(): Promise<Checkpoint | undefined> {
    const note = await this.#files.read('checkpoint', MAX_NOTE_BYTES);
    if (note === undefined) {
      this.#report('file_missing', 'it is not there, or cannot be read', { file: 'checkpoint' });
      return undefined;
    }
    return this.#attempt('checkpoint_bad', 'checkpoint', () => this.#openByAny(note));
  }

  /** The newest checkpoint of the bundle that the witness cosigned: its own, or the one that goes along. */
  async #openWitnessed(): Promise<(Checkpoint & { readonly atS: number }) | undefined> {
    const witness = this.#witness;
    if (witness === undefined) return undefined;
    for (const file of ['checkpoint', WITNESSED_FILE]) {
      const note = await this.#files.read(file, MAX_NOTE_BYTES);
      if (note === undefined) continue;
      try {
        const atS = openCosignature(note, witness);
        return { ...this.#openByAny(note), atS };
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        if (error.code !== 'signature_missing') this.#report('witness_bad', error.message, { file });
      }
    }
    this.#report('witness_missing', `no checkpoint of the bundle is cosigned by ${witness.name}`);
    return undefined;
  }

  async #openManifest(): Promise<void> {
    const note = await this.#files.read('manifest', MAX_MANIFEST_BYTES);
    if (note === undefined) this.#report('file_missing', 'it is not there, or cannot be read', { file: 'manifest' });
    else {
      const open = () => openByAny(this.#keys, (key) => openManifest(note, key));
      this.#manifest = this.#attempt('manifest_bad', 'manifest', open) ?? new Map();
    }
  }

  /** A log of a size has a fixed set of files: the folder holds these, the manifest lists these, and no others. */
  async #checkNames(size: number): Promise<void> {
    const handovers = this.#handovers.map((_, index) => handoverPath(index));
    const due = new Set(['log-key.pub', 'checkpoint', 'manifest', ...handovers]);
    for (const { index, width } of bundlesOf(size)) due.add(entriesPath(index, width));
    for (const tile of tilesOf(size)) due.add(tilePath(tile));
    if (this.#manifest.has(WITNESSED_FILE)) due.add(WITNESSED_FILE);
    const found = new Set<string>();
    for await (const { name, kind } of this.#files.list()) {
      if (kind === 'file' && due.has(name)) found.add(name);
      else
        this.#report(
          'file_extra',
          `a ${kind === 'other' ? 'thing that is no file' : kind} that does not belong there`,
          { file: name },
        );
    }
    for (const file of due) {
      if (!found.has(file)) this.#report('file_missing', 'it is not there', { file });
      else if (file !== 'manifest' && !this.#manifest.has(file)) {
        this.#report('manifest_bad', 'the manifest does not list it', { file });
      }
    }
    for (const file of this.#manifest.keys()) {
      if (!due.has(file))
        this.#report('manifest_bad', 'the manifest lists a file that a log of this size has not', { file });
    }
    for (const file of ['log-key.pub', 'checkpoint', WITNESSED_FILE, ...handovers])
      this.#checkListed(file, await this.#files.read(file, MAX_NOTE_BYTES));
  }

  /** Holds a file against its line of the manifest. */
  #checkListed(file: string, bytes: Uint8Array | undefined): void {
    const line = this.#manifest.get(file);
    if (bytes === undefined || line === undefined) return;
    if (bytes.length === line.size && sameHash(hash('sha256', bytes, 'buffer'), line.sha256)) return;
    this.#report('file_changed', 'it is not what the manifest says', { file });
  }

  async #checkRecords(checkpoint: Checkpoint, since: Checkpoint | undefined): Promise<void> {
    const edge = new TileEdge();
    const checkSince = () => {
      if (since === undefined || since.size !== edge.size || sameHash(since.root, edge.root())) return;
      this.#report('since_forked', `the first ${since.size} records are not those of the checkpoint that you kept`);
    };
    const checkWitnessed = () => {
      const seen = this.#witnessed;
      if (seen === undefined || seen.size !== edge.size || sameHash(seen.root, edge.root())) return;
      this.#report('witness_forked', `the first ${seen.size} records are not those that the witness saw`);
    };
    checkSince();
    checkWitnessed();
    for (const bundle of bundlesOf(checkpoint.size)) {
      const entries = await this.#readBundle(bundle);
      if (entries === undefined) return;
      await this.#compareLeaves(bundle, entries);
      for (const [position, entry] of entries.entries()) {
        this.#readRecord(bundle.index * TILE_WIDTH + position, entry);
        for (const tile of edge.append(leafHash(entry))) await this.#compareTile(tile);
        checkSince();
        checkWitnessed();
      }
    }
    for (const tile of edge.partialTiles()) await this.#compareTile(tile);
    if (sameHash(edge.root(), checkpoint.root)) return;
    this.#report('root_differs', 'the records do not give the root that the checkpoint signs');
  }

  #readRecord(index: number, entry: Uint8Array): void {
    const finding = this.#chronicle.take(index, entry);
    if (finding !== undefined) this.#add(finding);
  }

  async #readBundle({ index, width }: { index: number; width: number }): Promise<readonly Uint8Array[] | undefined> {
    const file = entriesPath(index, width);
    const bytes = await this.#files.read(file, MAX_BUNDLE_BYTES);
    this.#checkListed(file, bytes);
    if (bytes === undefined) {
      this.#report('file_missing', 'it cannot be read: what comes after it is not checked', {
        file,
        index: index * TILE_WIDTH,
      });
      return undefined;
    }
    const { entries, complete } = decodeBundle(bytes);
    if (complete && entries.length === width) return entries;
    // Compare what is left with the tile first: a changed length shows at the record that it belongs to.
    await this.#compareLeaves({ index, width }, entries.slice(0, width));
    for (const [position, entry] of entries.entries()) this.#readRecord(index * TILE_WIDTH + position, entry);
    const at = index * TILE_WIDTH + Math.min(entries.length, width);
    this.#report('bundle_malformed', `it holds ${entries.length} whole entries where ${width} were due`, {
      file,
      index: at,
    });
    return undefined;
  }

  /** Names the record whose bytes are not those of its hash in the tile. */
  async #compareLeaves(
    { index, width }: { index: number; width: number },
    entries: readonly Uint8Array[],
  ): Promise<void> {
    const tile = await this.#files.read(tilePath({ level: 0, index, width }), TILE_WIDTH * HASH_BYTES);
    if (tile === undefined || tile.length !== width * HASH_BYTES) return;
    for (const [position, entry] of entries.entries()) {
      const stored = tile.subarray(position * HASH_BYTES, (position + 1) * HASH_BYTES);
      if (sameHash(leafHash(entry), stored)) continue;
      const facts = { index: index * TILE_WIDTH + position, ...receiptOf(entry) };
      this.#report('record_changed', 'its bytes are not those of its hash in the tile', facts);
    }
  }

  async #compareTile(tile: Tile): Promise<void> {
    const file = tilePath(tile);
    const stored = await this.#files.read(file, TILE_WIDTH * HASH_BYTES);
    this.#checkListed(file, stored);
    if (stored === undefined || Buffer.from(stored).equals(tile.bytes)) return;
    this.#report('tile_changed', `it does not hold the hashes of the records${rangeOf(tile, stored)}`, { file });
  }

  #attempt<T>(code: FindingCode, file: string | undefined, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.#report(code, error.message, file === undefined ? {} : { file });
      return undefined;
    }
  }

  #report(code: FindingCode, detail: string, facts: Omit<Finding, 'code' | 'detail'> = {}): void {
    this.#add({ code, detail, ...facts });
  }

  #add(finding: Finding): void {
    this.#findingCount += 1;
    if (this.#findings.length < MAX_FINDINGS) this.#findings.push(finding);
    if (finding.index === undefined) return;
    if (this.#firstBad?.index === undefined || finding.index < this.#firstBad.index) this.#firstBad = finding;
  }

  #describeWitnessed(): VerifyReport['witnessed'] {
    if (this.#witness === undefined || this.#witnessed === undefined) return undefined;
    const { size, atS } = this.#witnessed;
    return { name: this.#witness.name, size, at: new Date(atS * 1000).toISOString() };
  }

  #conclude(checkpoint: Checkpoint | undefined, since: Checkpoint | undefined): VerifyReport {
    const chronicle = this.#chronicle;
    return {
      ok: this.#findingCount === 0,
      origin: this.#key.name,
      size: checkpoint?.size ?? 0,
      root: checkpoint === undefined ? '' : encodeBase64(checkpoint.root),
      sinceSize: since?.size,
      witnessed: this.#describeWitnessed(),
      findings: this.#findings,
      findingCount: this.#findingCount,
      firstBadRecord: this.#firstBad,
      kinds: chronicle.kinds,
      firstTime: chronicle.firstTime,
      lastTime: chronicle.lastTime,
      producers: chronicle.producers(),
      notices: chronicle.notices(),
    };
  }
}

function handoverPath(index: number): string {
  return `log-key/${index + 1}`;
}

/** Where a tile above the lowest first differs from what is below it: the records under that hash. */
function rangeOf({ level, index, bytes }: Tile, stored: Uint8Array): string {
  const at = bytes.findIndex((byte, position) => byte !== stored[position]);
  if (level === 0 || at < 0) return '';
  const span = TILE_WIDTH ** level;
  const first = (index * TILE_WIDTH + Math.floor(at / HASH_BYTES)) * span;
  return ` ${first} to ${first + span - 1}`;
}

/** The receipt as it stands in the bytes, where it can still be read. */
function receiptOf(entry: Uint8Array): { receipt?: string } {
  const receipt = /"receipt":"(imr_[0-7][0-9A-HJKMNP-TV-Z]{25})"/.exec(Buffer.from(entry).toString('latin1'))?.[1];
  return receipt === undefined ? {} : { receipt };
}
