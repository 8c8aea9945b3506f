// Every tampering with an exported log that its reader can see with the public key, and with a checkpoint kept elsewhere.

import assert from 'node:assert/strict';
import { hash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { signCheckpoint } from '../../control-plane/audit/format/checkpoint.ts';
import { signManifest } from '../../control-plane/audit/format/manifest.ts';
import { leafHash } from '../../control-plane/audit/format/merkle.ts';
import { signerFromSeed } from '../../control-plane/audit/format/note.ts';
import { receiptOf } from '../../control-plane/audit/format/receipt.ts';
import { encodeRecord } from '../../control-plane/audit/format/record.ts';
import { TileEdge } from '../../control-plane/audit/format/tile-edge.ts';
import { bundlesOf, encodeBundle, entriesPath, tilePath } from '../../control-plane/audit/format/tiles.ts';
import { memoryFiles } from '../../control-plane/audit/verify/bundle-files.ts';
import { verifyBundle } from '../../control-plane/audit/verify/verify-bundle.ts';
import { renderVerifyReport } from '../../control-plane/audit/verify/verify-report.ts';

const LONG = process.env['INTRAMUROS_TEST_LONG'] === '1';
const ORIGIN = 'intramuros.dev/log/test';
const signer = signerFromSeed(ORIGIN, randomBytes(32));

type Files = Map<string, Uint8Array>;
type Draft = Record<string, unknown>;

function drafts(count: number): Draft[] {
  let intent = '';
  return Array.from({ length: count }, (_, n) => {
    const receipt = receiptOf(randomBytes(16));
    const isOutcome = n % 2 === 1;
    const record = {
      v: 1,
      receipt,
      kind: isOutcome ? 'outcome' : 'intent',
      time: new Date(1_764_000_000_000 + n).toISOString(),
      producer: { id: 'all', epoch: 1, n },
      tenant: 'default',
      actor: { kind: 'key', id: 'k1' },
      action: 'chat.completions',
      ...(isOutcome ? { intent, outcome: { ok: true, code: 'answered' } } : {}),
    };
    intent = receipt;
    return record;
  });
}

async function bundle(records: readonly Draft[], by = signer): Promise<Files> {
  const entries = records.map(encodeRecord);
  const edge = new TileEdge();
  const tiles = entries.flatMap((entry) => edge.append(leafHash(entry)));
  const files: Files = new Map();
  files.set('log-key.pub', Buffer.from(`${by.verifierKey}\n`));
  files.set(
    'checkpoint',
    Buffer.from(await signCheckpoint({ origin: ORIGIN, size: entries.length, root: edge.root() }, [by])),
  );
  for (const { index, width } of bundlesOf(entries.length)) {
    files.set(entriesPath(index, width), encodeBundle(entries.slice(index * 256, index * 256 + width)));
  }
  for (const tile of [...tiles, ...edge.partialTiles()]) files.set(tilePath(tile), tile.bytes);
  await seal(files, by);
  return files;
}

async function seal(files: Files, by = signer): Promise<void> {
  files.delete('manifest');
  const listed = [...files].map(([name, data]) => ({
    name,
    size: data.length,
    sha256: hash('sha256', data, 'buffer'),
  }));
  files.set('manifest', Buffer.from(await signManifest(listed, by)));
}

const verify = (files: Files, since?: string) =>
  verifyBundle(memoryFiles(files), { verifierKey: signer.verifierKey, ...(since === undefined ? {} : { since }) });

const codes = async (files: Files, since?: string) => (await verify(files, since)).findings.map(({ code }) => code);
const noteOf = (files: Files) => Buffer.from(files.get('checkpoint') ?? []).toString('utf8');

test('a whole log of several tiles verifies, and is described', async () => {
  const report = await verify(await bundle(drafts(700)));
  assert.deepEqual(report.findings, []);
  assert.equal(report.ok, true);
  assert.deepEqual([report.size, report.kinds], [700, { intent: 350, outcome: 350 }]);
  assert.deepEqual(report.producers, [{ id: 'all', epochs: 1, records: 700 }]);
  assert.equal(report.notices.withoutOutcome.count, 0);
  assert.equal((await verify(await bundle([]))).ok, true, 'an empty log');
});

test('one flipped bit anywhere in any file is refused, in an entry with the record named', async () => {
  const files = await bundle(drafts(6));
  const step = LONG ? 1 : 7;
  for (const [name, original] of files) {
    for (let at = 0; at < original.length; at += step) {
      const changed = Buffer.from(original);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      const report = await verify(new Map(files).set(name, changed));
      assert.equal(report.ok, false, `${name} byte ${at}`);
      if (name.startsWith('tile/entries/')) assert.ok(report.firstBadRecord !== undefined, `${name} byte ${at}`);
    }
  }
});

test('a changed entry is named even where its tile and the manifest were made anew without the checkpoint', async () => {
  const records = drafts(300);
  const files = await bundle(records);
  const entries = records.map(encodeRecord);
  entries[257] = encodeRecord({ ...records[257], tenant: 'other' });
  files.set(entriesPath(1, 44), encodeBundle(entries.slice(256)));
  await seal(files);
  const report = await verify(files);
  assert.deepEqual([report.firstBadRecord?.index, report.firstBadRecord?.receipt], [257, records[257]?.['receipt']]);
});

test('a missing file, an extra file and a foreign key are refused', async () => {
  const files = await bundle(drafts(300));
  for (const name of files.keys()) {
    const fewer = new Map(files);
    fewer.delete(name);
    assert.ok((await codes(fewer)).includes('file_missing'), name);
  }
  assert.deepEqual(await codes(new Map(files).set('tile/9/000', Buffer.of(1))), ['file_extra']);
  const foreign = signerFromSeed(ORIGIN, randomBytes(32));
  const theirs = await codes(await bundle(drafts(4), foreign));
  for (const code of ['key_differs', 'checkpoint_bad', 'manifest_bad'] as const) assert.ok(theirs.includes(code), code);
});

test('a bundle that is cut short names the record at which it ends', async () => {
  const files = await bundle(drafts(6));
  const name = entriesPath(0, 6);
  const whole = files.get(name) ?? Buffer.of();
  files.set(name, whole.subarray(0, whole.length - 3));
  await seal(files);
  const report = await verify(files);
  assert.equal(report.ok, false);
  assert.equal(report.firstBadRecord?.index, 5);
});

test('swapped records do not give the signed root', async () => {
  const records = drafts(8);
  const honest = await bundle(records);
  const [a, b] = [records[2], records[4]];
  assert.ok(a !== undefined && b !== undefined);
  const forged = await bundle(records.toSpliced(2, 1, b).toSpliced(4, 1, a));
  forged.set('checkpoint', honest.get('checkpoint') ?? Buffer.of());
  await seal(forged);
  const report = await verify(forged);
  assert.ok(report.findings.some(({ code }) => code === 'root_differs'));
  assert.equal(report.firstBadRecord?.index, 2, 'its counter is out of turn');
});

test("a record removed before it entered the log shows in its producer's counter", async () => {
  const records = drafts(10);
  const report = await verify(await bundle(records.toSpliced(6, 1)));
  assert.deepEqual([report.firstBadRecord?.code, report.firstBadRecord?.index], ['counter_broken', 6]);
});

test('a receipt that stands twice, and an entry that is no record, are named', async () => {
  const records = drafts(4);
  const twice = [...records, { ...records[0], producer: { id: 'all', epoch: 1, n: 4 } }];
  assert.equal((await verify(await bundle(twice))).firstBadRecord?.code, 'receipt_repeated');
  const files = await bundle(records);
  const entry = Buffer.from(' {}');
  files.set(entriesPath(0, 4), encodeBundle([entry, ...records.slice(1).map(encodeRecord)]));
  await seal(files);
  assert.equal((await verify(files)).firstBadRecord?.index, 0);
});

test('with a checkpoint kept elsewhere a cut tail, an older copy and a log signed anew are refused', async () => {
  const records = drafts(300);
  const kept = noteOf(await bundle(records.slice(0, 280)));
  assert.equal((await verify(await bundle(records), kept)).ok, true);
  assert.deepEqual(await codes(await bundle(records.slice(0, 260)), kept), ['since_newer']);
  const rewritten = records.with(100, { ...records[100], tenant: 'other' });
  assert.deepEqual(await codes(await bundle(rewritten), kept), ['since_forked']);
  assert.equal(
    (await verify(await bundle(rewritten))).ok,
    true,
    'without the kept checkpoint the key holder cannot be told',
  );
  assert.deepEqual(await codes(await bundle(records), 'no checkpoint\n'), ['since_bad']);
});

test('intents without outcome are told, and make no log bad', async () => {
  const report = await verify(await bundle(drafts(5)));
  assert.equal(report.ok, true);
  assert.equal(report.notices.withoutOutcome.count, 1);
});

test('a producer that no record ends is told as open, and as fallen silent when the log goes on without it', async () => {
  const at = (minutes: number) => new Date(1_764_000_000_000 + minutes * 60_000).toISOString();
  const record = (id: string, n: number, minutes: number, facts: Draft, epoch = 1): Draft => ({
    v: 1,
    receipt: receiptOf(randomBytes(16)),
    time: at(minutes),
    producer: { id, epoch, n },
    tenant: '-',
    actor: { kind: 'system', id },
    ...facts,
  });
  const [start, alive, stop] = [
    { kind: 'lifecycle', action: 'start' },
    { kind: 'heartbeat', action: 'alive' },
    { kind: 'lifecycle', action: 'stop' },
  ];
  const report = await verify(
    await bundle([
      record('ended', 0, 0, start),
      record('killed', 0, 0, start),
      record('lives', 0, 0, start),
      record('reconnected', 0, 0, start),
      record('killed', 1, 1, alive),
      record('reconnected', 0, 2, alive, 3),
      record('ended', 1, 3, stop),
      record('lives', 1, 5, alive),
      record('reconnected', 1, 5, stop, 3),
    ]),
  );
  assert.equal(report.ok, true);
  assert.deepEqual(
    report.notices.openProducers.map(({ id, records, lastTime, isSilent }) => ({ id, records, lastTime, isSilent })),
    [
      { id: 'killed', records: 2, lastTime: at(1), isSilent: true },
      { id: 'lives', records: 2, lastTime: at(5), isSilent: false },
    ],
  );
  assert.equal(report.notices.emptyEpochs, 1);
  const text = renderVerifyReport(report);
  assert.match(text, /ended without a closing record \(killed, or cut off\): killed epoch 1/);
  assert.match(text, /open at the end: lives epoch 1/);
});
