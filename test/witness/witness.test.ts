// The witness over HTTP: every status of C2SP tlog-witness, what it keeps through a restart, and that two requests at
// once cannot make it go back. The tree, the proofs and the check of a cosignature here are made from the RFCs anew.

import assert from 'node:assert/strict';
import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { signCheckpoint } from '../../control-plane/audit/format/checkpoint.ts';
import { parseVerifierKey, signerFromSeed } from '../../control-plane/audit/format/note.ts';
import { serveWitness } from '../../control-plane/witness/serve-witness.ts';
import { openWitnessFolder } from '../../control-plane/witness/witness-folder.ts';

const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
const leaf = (text: string) => sha256(Buffer.of(0), Buffer.from(text));

/** RFC 6962, 2.1. */
function treeHash(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return leaves[0] ?? Buffer.alloc(0);
  const cut = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return sha256(Buffer.of(1), treeHash(leaves.slice(0, cut)), treeHash(leaves.slice(cut)));
}

/** RFC 6962, 2.1.2. */
function proofOf(old: number, leaves: readonly Buffer[], whole = true): Buffer[] {
  if (old === 0) return [];
  if (old === leaves.length) return whole ? [] : [treeHash(leaves)];
  const cut = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return old <= cut
    ? [...proofOf(old, leaves.slice(0, cut), whole), treeHash(leaves.slice(cut))]
    : [...proofOf(old - cut, leaves.slice(cut), false), treeHash(leaves.slice(0, cut))];
}

const LOG = 'intramuros.dev/log/watched';
const log = signerFromSeed(LOG, randomBytes(32));
const thief = signerFromSeed(LOG, randomBytes(32));
const stranger = signerFromSeed('elsewhere.example/log', randomBytes(32));
const leaves = Array.from({ length: 40 }, (_, n) => leaf(`record ${n}`));

async function body(
  old: number,
  size: number,
  { of = leaves, by = log, proof = proofOf(old, of.slice(0, size)) } = {},
) {
  const note = await signCheckpoint({ origin: by.name, size, root: treeHash(of.slice(0, size)) }, [by]);
  return `old ${old}\n${proof.map((hash) => `${hash.toString('base64')}\n`).join('')}\n${note}`;
}

async function startWitness(t: TestContext, folder?: string) {
  const path = folder ?? (await mkdtemp(join(tmpdir(), 'intramuros-witness-')));
  if (folder === undefined) t.after(() => rm(path, { recursive: true, force: true }));
  const { cosigner, memory } = await openWitnessFolder(path, 'witness.example/w1');
  const logKeys = [parseVerifierKey(log.verifierKey)];
  const nowS = () => Math.floor(Date.now() / 1000);
  const running = await serveWitness({ logKeys, cosigner, memory, nowS, host: '127.0.0.1', port: 0 });
  const ask = async (text: string | Promise<string>) => {
    const answer = await fetch(`${running.address}/add-checkpoint`, { method: 'POST', body: await text });
    return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
  };
  return { ...running, ask, folder: path, key: cosigner.verifierKey };
}

test('it cosigns a log that grows, and the cosignature is that of the specification', async (t) => {
  const witness = await startWitness(t);
  t.after(() => witness.stop());
  for (const [old, size] of [
    [0, 3],
    [3, 3],
    [3, 8],
    [8, 40],
  ] as const) {
    const sent = await body(old, size);
    const { status, text } = await witness.ask(sent);
    assert.equal(status, 200, text);
    const [, name, base64] = /^— (\S+) (\S+)\n$/u.exec(text) ?? [];
    assert.equal(name, 'witness.example/w1');
    const bytes = Buffer.from(base64 ?? '', 'base64');
    assert.equal(bytes.length, 4 + 8 + 64);
    const raw = Buffer.from(witness.key.split('+').slice(2).join('+'), 'base64');
    assert.equal(raw[0], 4);
    const id = sha256(Buffer.from(`${name}\n`), raw).subarray(0, 4);
    assert.deepEqual(bytes.subarray(0, 4), id);
    const time = bytes.readBigUInt64BE(4);
    assert.ok(Math.abs(Number(time) - Date.now() / 1000) < 60);
    const publicKey = createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: raw.subarray(1).toString('base64url') },
      format: 'jwk',
    });
    const noteText = `${LOG}\n${size}\n${treeHash(leaves.slice(0, size)).toString('base64')}\n`;
    const message = Buffer.from(`cosignature/v1\ntime ${time}\n${noteText}`);
    assert.ok(verify(null, message, publicKey, bytes.subarray(12)));
  }
});

test('every refusal has the status that the specification gives it', async (t) => {
  const witness = await startWitness(t);
  t.after(() => witness.stop());
  const forked = leaves.map((hash, n) => (n === 2 ? leaf('rewritten') : hash));
  assert.equal((await witness.ask(body(0, 8))).status, 200);
  const cases: [string, string | Promise<string>, number][] = [
    ['no checkpoint', 'old 8\n', 400],
    ['not an old line', 'older 8\n\nx\n', 400],
    ['a size with a leading zero', (await body(8, 9)).replace('old 8', 'old 08'), 400],
    ['a proof line that is no hash', (await body(8, 9)).replace('old 8\n', 'old 8\nAAAA\n'), 400],
    ['64 proof lines', body(8, 9, { proof: Array.from({ length: 64 }, () => leaf('x')) }), 400],
    ['an old size beyond the checkpoint', body(9, 8, { proof: [] }), 400],
    ['a log that it does not watch', body(8, 9, { by: stranger }), 404],
    ['a signature of another key', body(8, 9, { by: thief }), 403],
    ['a changed size', (await body(8, 9)).replace(`${LOG}\n9\n`, `${LOG}\n10\n`), 403],
    ['another old size', body(4, 9), 409],
    ['zero where it knows the log', body(0, 9), 409],
    ['another root at the same size', body(8, 8, { of: forked }), 409],
    ['a shorter log', body(5, 5), 409],
    ['a fork', body(8, 12, { of: forked }), 422],
    ['a proof too short', body(8, 12, { proof: [] }), 422],
    ['a proof of something else', body(8, 12, { proof: proofOf(7, leaves.slice(0, 12)) }), 422],
  ];
  for (const [what, sent, status] of cases) {
    const answer = await witness.ask(sent);
    assert.equal(answer.status, status, what);
    if (status === 409) assert.deepEqual([answer.type, answer.text], ['text/x.tlog.size', '8\n'], what);
  }
  assert.equal((await witness.ask(body(8, 12))).status, 200, 'none of them has moved it');
  assert.equal((await witness.ask('x'.repeat(70_000))).status, 400);
  assert.equal((await fetch(`${witness.address}/add-checkpoint`)).status, 405);
  assert.equal((await fetch(`${witness.address}/elsewhere`)).status, 404);
  assert.equal(await (await fetch(`${witness.address}/witness-key.pub`)).text(), `${witness.key}\n`);
});

test('what it cosigned outlives it, with its key; the key is for its owner alone', async (t) => {
  const first = await startWitness(t);
  assert.equal((await first.ask(body(0, 20))).status, 200);
  await first.stop();
  const second = await startWitness(t, first.folder);
  t.after(() => second.stop());
  assert.equal(second.key, first.key);
  assert.deepEqual(await second.ask(body(0, 30)), { status: 409, type: 'text/x.tlog.size', text: '20\n' });
  assert.equal((await second.ask(body(20, 30))).status, 200);
  assert.equal((await stat(join(first.folder, 'witness-key'))).mode & 0o777, 0o600);
  assert.deepEqual((await readdir(first.folder)).toSorted(), ['logs', 'witness-key', 'witness-key.pub']);
  await writeFile(join(first.folder, 'witness-key'), 'damaged');
  await assert.rejects(openWitnessFolder(first.folder, 'witness.example/w1'), { code: 'secret_unavailable' });
  await assert.rejects(openWitnessFolder('/dev/null/none', 'witness.example/w1'), { code: 'data_folder_unusable' });
});

test('of many that ask at once from the same size one is cosigned, and the others are told where it is', async (t) => {
  const witness = await startWitness(t);
  t.after(() => witness.stop());
  assert.equal((await witness.ask(body(0, 5))).status, 200);
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => witness.ask(body(5, 6 + n))));
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
  const [file = ''] = await readdir(join(witness.folder, 'logs'));
  const size = (await readFile(join(witness.folder, 'logs', file), 'utf8')).split('\n')[1];
  for (const { status, text } of answers) {
    if (status !== 200) assert.deepEqual([status, text], [409, `${size}\n`]);
  }
});
