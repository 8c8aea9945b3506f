// An exported log in the hands of other people's code: Go's note and tlog packages with torchwood, and Python's standard
// library. What they accept is what the product wrote, and what they must refuse they refuse, so that their yes counts.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type DatabaseAuditLog, openAuditLog } from '../../../control-plane/audit/audit-log.ts';
import type { RecordDraft } from '../../../control-plane/audit/record-draft.ts';
import { memorySecrets } from '../../../control-plane/secrets/memory-secrets.ts';
import { startTemporaryDatabase, type TemporaryDatabase } from '../../database/temporary-database.ts';
import { auditOracle } from '../../fixtures/audit-oracle.ts';

const LONG = process.env['INTRAMUROS_TEST_LONG'] === '1';
/** More than a tile of tiles where there is time: only there does a log have a third level. */
const RECORDS = LONG ? 66_000 : 700;
const PYTHON = fileURLToPath(new URL('check_bundle.py', import.meta.url));
const run = promisify(execFile);

interface Exported {
  readonly folder: string;
  /** The file of the verifier key, outside the folder. */
  readonly key: string;
  readonly names: readonly string[];
}

let database: TemporaryDatabase;
let root: string;
let first: Exported;
let second: Exported;
/** Proof of one record as `audit prove` gives it, and the record's entry. */
let proof: { readonly text: string; readonly entry: Uint8Array };

before(async () => {
  database = await startTemporaryDatabase();
  root = await mkdtemp(join(tmpdir(), 'intramuros-oracle-'));
  const log = await openAuditLog({ database, secrets: memorySecrets(), producer: 'test' });
  await log.start();
  try {
    await appendMany(log, 300);
    first = await exportTo(log, 'first');
    const receipts = await appendMany(log, RECORDS);
    second = await exportTo(log, 'second');
    const receipt = receipts[Math.floor(RECORDS / 2)] ?? '';
    const found = await log.records.find(receipt);
    assert.ok(found?.proof);
    proof = { text: found.proof.text, entry: await entryOf(receipt) };
  } finally {
    await log.stop();
  }
});

after(async () => {
  await database.stop();
  await rm(root, { recursive: true, force: true });
});

async function appendMany(log: DatabaseAuditLog, count: number): Promise<string[]> {
  const receipts: string[] = [];
  const draft: RecordDraft = {
    kind: 'intent',
    tenant: 'default',
    actor: { kind: 'key', id: 'k' },
    action: 'chat.completions',
  };
  while (receipts.length < count) {
    const batch = Math.min(2_000, count - receipts.length);
    receipts.push(...(await Promise.all(Array.from({ length: batch }, () => log.append(draft)))));
  }
  return receipts;
}

async function exportTo(log: DatabaseAuditLog, name: string): Promise<Exported> {
  const folder = join(root, name);
  const key = join(root, 'kept.pub');
  const names: string[] = [];
  for await (const file of log.files(new AbortController().signal)) {
    await mkdir(dirname(join(folder, file.name)), { recursive: true });
    await writeFile(join(folder, file.name), file.data);
    if (file.name === 'log-key.pub') await writeFile(key, file.data);
    names.push(file.name);
  }
  return { folder, key, names };
}

async function entryOf(receipt: string): Promise<Uint8Array> {
  for (const name of second.names.filter((each) => each.startsWith('tile/entries/'))) {
    const data = await readFile(join(second.folder, name));
    for (let at = 0; at < data.length; at += 2 + data.readUInt16BE(at)) {
      const entry = data.subarray(at + 2, at + 2 + data.readUInt16BE(at));
      if (entry.includes(receipt)) return entry;
    }
  }
  throw new Error('the record is in no bundle');
}

/** The path of the built judge; undefined where the test was skipped with its reason. */
function judge(t: TestContext): string | undefined {
  const oracle = auditOracle();
  if ('path' in oracle) return oracle.path;
  t.skip(oracle.missing);
  return undefined;
}

const sizeOf = async ({ folder }: Exported) =>
  Number((await readFile(join(folder, 'checkpoint'), 'utf8')).split('\n')[1]);

test('Go accepts both signatures, every tile, the inclusion of every record, and that the log only grew', async (t) => {
  const oracle = judge(t);
  if (oracle === undefined) return;
  const { stdout } = await run(oracle, ['bundle', second.key, second.folder, join(first.folder, 'checkpoint')]);
  const result = JSON.parse(stdout) as { size: number; proved: number; since: number; files: number };
  const size = await sizeOf(second);
  assert.ok(size > RECORDS);
  assert.deepEqual(
    [result.size, result.proved, result.since, result.files],
    [size, size, await sizeOf(first), second.names.length],
  );
});

test('Go refuses a flipped byte in each file, a missing one, an extra one, a fork and a foreign key', async (t) => {
  const oracle = judge(t);
  if (oracle === undefined) return;
  const refuses = (args: string[]) => assert.rejects(run(oracle, args), { code: 1 });
  for (const name of first.names) {
    const path = join(first.folder, name);
    const original = await readFile(path);
    const changed = Buffer.from(original);
    const at = Math.floor(changed.length / 2);
    changed[at] = (changed[at] ?? 0) ^ 1;
    await writeFile(path, changed);
    await refuses(['bundle', first.key, first.folder]);
    await rm(path);
    await refuses(['bundle', first.key, first.folder]);
    await writeFile(path, original);
  }
  const extra = join(first.folder, 'tile/0/009');
  await writeFile(extra, 'x');
  await refuses(['bundle', first.key, first.folder]);
  await rm(extra);
  await run(oracle, ['bundle', first.key, first.folder]);
  await refuses(['bundle', first.key, first.folder, join(second.folder, 'checkpoint')]);
  const foreign = join(root, 'foreign.pub');
  await writeFile(foreign, 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8\n');
  await refuses(['bundle', foreign, first.folder]);
});

test('Go accepts the proof of a receipt for its own record and no other', async (t) => {
  const oracle = judge(t);
  if (oracle === undefined) return;
  const [proofFile, entryFile] = [join(root, 'proof'), join(root, 'entry')];
  await writeFile(proofFile, proof.text);
  await writeFile(entryFile, proof.entry);
  const { stdout } = await run(oracle, ['proof', second.key, proofFile, entryFile]);
  const { index, size } = JSON.parse(stdout) as { index: number; size: number };
  assert.ok(index > 0 && index < size);
  await writeFile(entryFile, Buffer.concat([proof.entry, Buffer.from(' ')]));
  await assert.rejects(run(oracle, ['proof', second.key, proofFile, entryFile]), { code: 1 });
});

test("Python's standard library recomputes the root, the tiles, the manifest and both signatures", async (t) => {
  try {
    await run('python3', ['--version']);
  } catch {
    return t.skip('no python3 on the PATH');
  }
  const check = () => run('python3', [PYTHON, second.key, second.folder]);
  const result = JSON.parse((await check()).stdout) as { size: number; files: number };
  assert.deepEqual([result.size, result.files], [await sizeOf(second), second.names.length]);
  const path = join(second.folder, 'tile/entries/000');
  const original = await readFile(path);
  const changed = Buffer.from(original);
  changed[40] = (changed[40] ?? 0) ^ 1;
  await writeFile(path, changed);
  await assert.rejects(check());
  await writeFile(path, original);
  await check();
});
