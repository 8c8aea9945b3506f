// The attackers whom only a witness shows, on a real database with the log's own signing key in their hands: the log
// rewritten after it was witnessed, cut off and signed shorter, and two views of it. Each is told by the running product
// and by the offline verifier; without the key of the witness the verifier cannot tell them.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { type DatabaseAuditLog, openAuditLog } from '../../control-plane/audit/audit-log.ts';
import { parseWitnessKey } from '../../control-plane/audit/format/cosignature.ts';
import { parseVerifierKey } from '../../control-plane/audit/format/note.ts';
import { openLogFormat } from '../../control-plane/audit/log-format.ts';
import { memoryFiles } from '../../control-plane/audit/verify/bundle-files.ts';
import { verifyBundle } from '../../control-plane/audit/verify/verify-bundle.ts';
import { renderVerifyReport } from '../../control-plane/audit/verify/verify-report.ts';
import { memorySecrets } from '../../control-plane/secrets/memory-secrets.ts';
import { type RunningWitness, serveWitness } from '../../control-plane/witness/serve-witness.ts';
import { openWitnessFolder } from '../../control-plane/witness/witness-folder.ts';
import { startTemporaryDatabase, type TemporaryDatabase } from '../database/temporary-database.ts';

const secrets = memorySecrets();
let database: TemporaryDatabase;
let folder: string;
let witness: RunningWitness;
let witnessKey: string;
let verifierKey: string;

before(async () => {
  database = await startTemporaryDatabase();
  folder = await mkdtemp(join(tmpdir(), 'intramuros-witnessed-'));
  verifierKey = openLogFormat(await secrets.signer()).verifierKey;
  await startWitness(0);
});
after(async () => {
  await witness.stop();
  await database.stop();
  await rm(folder, { recursive: true, force: true });
});

async function startWitness(port: number): Promise<void> {
  const { cosigner, memory } = await openWitnessFolder(folder, 'witness.example/w1');
  witnessKey = cosigner.verifierKey;
  const logKeys = [parseVerifierKey(verifierKey)];
  const nowS = () => Math.floor(Date.now() / 1000);
  witness = await serveWitness({ logKeys, cosigner, memory, nowS, host: '127.0.0.1', port });
}

async function withLog<T>(work: (log: DatabaseAuditLog) => Promise<T>): Promise<T> {
  const log = await openAuditLog({
    ...{ database, secrets, producer: 'test', clocks: { witnessMs: 300 } },
    witness: { url: `${witness.address}/`, key: parseWitnessKey(witnessKey) },
  });
  await log.start();
  try {
    return await work(log);
  } finally {
    await log.stop();
  }
}

const append = (log: DatabaseAuditLog) =>
  log.append({ kind: 'intent', tenant: 'default', actor: { kind: 'key', id: 'k' }, action: 'chat.completions' });

async function until<T>(read: () => T | undefined | false, what: string): Promise<T> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const value = read();
    if (value !== undefined && value !== false) return value;
    assert.ok(performance.now() < deadline, what);
    await delay(50);
  }
}

async function bundleOf(log: DatabaseAuditLog): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for await (const { name, data } of log.files(AbortSignal.timeout(60_000))) files.set(name, data);
  return files;
}

const verify = (files: Map<string, Uint8Array>, key?: string) =>
  verifyBundle(memoryFiles(files), { verifierKey, ...(key === undefined ? {} : { witnessKey: key }) });

/** As whoever holds the signing key of the log would. */
async function sealed(files: Map<string, Uint8Array>): Promise<Map<string, Uint8Array>> {
  files.delete('manifest');
  const listed = [...files].map(([name, data]) => ({
    ...{ name, size: data.length },
    sha256: createHash('sha256').update(data).digest(),
  }));
  const manifest = await openLogFormat(await secrets.signer()).signManifest(listed);
  return files.set('manifest', Buffer.from(manifest));
}

async function asOwner(...statements: string[]): Promise<void> {
  const client = new Client({ connectionString: database.server.url });
  await client.connect();
  try {
    await client.query("SET session_replication_role = 'replica'");
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

test('a running log is witnessed, says when, and its bundle verifies with the key of the witness', async () => {
  await withLog(async (log) => {
    for (let n = 0; n < 5; n += 1) await append(log);
    const { lastAt } = await until(() => log.status().witness?.lastAt && log.status().witness, 'never witnessed');
    assert.ok(Math.abs((lastAt?.getTime() ?? 0) - Date.now()) < 60_000);
    const files = await bundleOf(log);
    const report = await verify(files, witnessKey);
    assert.deepEqual(report.findings, []);
    assert.equal(report.witnessed?.name, 'witness.example/w1');
    assert.match(renderVerifyReport(report), /^witnessed by witness\.example\/w1 at \d{4}-/m);
    assert.ok((await verify(files)).ok, 'also for readers who ask for no witness');
  });
});

test('a witness that is away holds nobody up; what comes after its last word goes along unwitnessed', async () => {
  await withLog(async (log) => {
    await until(() => log.status().witness?.lastAt, 'never witnessed');
    const port = Number(new URL(witness.address).port);
    await witness.stop();
    await until(() => log.status().witness?.problem === 'it does not answer', 'the problem is not told');
    await append(log);
    const report = await verify(await bundleOf(log), witnessKey);
    assert.deepEqual(report.findings, []);
    assert.ok((report.witnessed?.size ?? 0) < report.size);
    assert.match(renderVerifyReport(report), /; the last \d+ came after$/m);
    assert.equal(log.status().witness?.disagrees, false);
    await startWitness(port);
    await until(() => log.status().witness?.problem === undefined, 'it did not recover');
  });
});

test('the key of another witness, and a bundle whose cosignature was taken out, are refused', async () => {
  const files = await withLog(bundleOf);
  const elsewhere = await mkdtemp(join(tmpdir(), 'intramuros-witness-'));
  const other = (await openWitnessFolder(elsewhere, 'witness.example/w1')).cosigner;
  await rm(elsewhere, { recursive: true });
  const codes = async (given: Map<string, Uint8Array>, key: string) =>
    (await verify(given, key)).findings.map(({ code }) => code);
  assert.deepEqual(await codes(files, other.verifierKey), ['witness_missing']);
  const name = files.has('witnessed') ? 'witnessed' : 'checkpoint';
  const note = Buffer.from(files.get(name) ?? []).toString('utf8');
  const bare = new Map(files).set(name, Buffer.from(note.replace(/^— witness\.example.*\n/mu, '')));
  assert.ok((await codes(bare, witnessKey)).includes('witness_missing'));
  const forged = note.replace(
    /(— witness\.example\/w1 .{24})(.)/u,
    (_, head: string, letter: string) => `${head}${letter === 'A' ? 'B' : 'A'}`,
  );
  assert.ok((await codes(new Map(files).set(name, Buffer.from(forged)), witnessKey)).includes('witness_bad'));
});

test('an older cosigned checkpoint put into a log signed anew does not fit it', async () => {
  const honest = await withLog(bundleOf);
  const kept = honest.get('witnessed') ?? honest.get('checkpoint') ?? new Uint8Array();
  // With the signing key in hand: everything away, and a new history, as long, signed as the log is.
  await asOwner(
    'TRUNCATE audit_record, audit_epoch, audit_segment, audit_tile, audit_checkpoint, audit_cosignature RESTART IDENTITY',
  );
  await withLog(async (log) => {
    const size = Number(Buffer.from(kept).toString('utf8').split('\n')[1]);
    for (let n = 0; n < size + 3; n += 1) await append(log);
    const told = await until(() => log.status().witness?.disagrees && log.status().witness, 'the fork is not told');
    assert.match(told.problem ?? '', /rewritten|cut off|another log/);
    const files = await bundleOf(log);
    assert.ok((await verify(files)).ok, 'the key alone cannot tell');
    assert.deepEqual(
      (await verify(files, witnessKey)).findings.map(({ code }) => code),
      ['witness_missing'],
    );
    const replayed = await sealed(files.set('witnessed', kept));
    assert.ok((await verify(replayed)).ok, 'the manifest is signed with the key of the log');
    assert.deepEqual(
      (await verify(replayed, witnessKey)).findings.map(({ code }) => code),
      ['witness_forked'],
    );
  });
});

test('a log cut off and signed shorter is told by the witness that remembers more', async () => {
  await asOwner(
    'TRUNCATE audit_record, audit_epoch, audit_segment, audit_tile, audit_checkpoint, audit_cosignature RESTART IDENTITY',
  );
  await withLog(async (log) => {
    const told = await until(() => log.status().witness?.disagrees && log.status().witness, 'the cut is not told');
    assert.match(told.problem ?? '', /the end was cut off/);
    assert.deepEqual(
      (await verify(await bundleOf(log), witnessKey)).findings.map(({ code }) => code),
      ['witness_missing'],
    );
  });
});
