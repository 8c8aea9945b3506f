import assert from 'node:assert/strict';
import { createHmac, createPublicKey, verify } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { format, inspect } from 'node:util';
import type { AppError } from '../errors.ts';
import { openFileSecrets } from './file-secrets.ts';
import { memorySecrets } from './memory-secrets.ts';
import { Secret } from './secret.ts';

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'intramuros-secrets-'));
});
after(() => rm(root, { recursive: true, force: true }));

const NAMES = ['digest', 'surrogate', 'api-key-pepper', 'session', 'engine-bearer'] as const;

test('a secret shows its value in no way of printing', async () => {
  const secret = await memorySecrets().read('surrogate');
  const shown = [
    JSON.stringify({ secret }),
    inspect({ deep: [{ secret }] }, { depth: 9, showHidden: true }),
    format('%s %o %j', secret, secret, secret),
    [secret].join(),
    String(secret),
    Object.values(secret).join(' '),
    inspect(new Error('failed', { cause: secret })),
  ].join('\n');
  for (const encoding of ['hex', 'base64', 'base64url'] as const) {
    assert.ok(!shown.includes(Buffer.from(secret.bytes()).toString(encoding)));
  }
  assert.match(shown, /\[redacted\]/);
  assert.ok(!shown.includes([...secret.bytes().subarray(0, 8)].join(', ')));
});

test('a secret keeps its own copy of the bytes', () => {
  const bytes = new Uint8Array([1, 2, 3]);
  const secret = new Secret({ id: 'x', version: 1, bytes });
  bytes.fill(0);
  assert.deepEqual([...secret.bytes()], [1, 2, 3]);
});

test('the file store makes every key once, 32 bytes, no two alike, and finds them again', async () => {
  const folder = join(root, 'made');
  const first = await openFileSecrets(folder);
  const second = await openFileSecrets(folder);
  const texts = new Set<string>();
  for (const name of NAMES) {
    const [one, two] = [await first.read(name), await second.read(name)];
    assert.equal(one.bytes().length, 32);
    assert.equal(one.text(), two.text());
    assert.equal(one.id, two.id);
    assert.equal(one.version, 1);
    texts.add(one.text());
  }
  assert.equal(texts.size, NAMES.length);
  assert.deepEqual((await first.signer()).publicKey, (await second.signer()).publicKey);
  assert.notDeepEqual((await first.signer()).publicKey, (await memorySecrets().signer()).publicKey);
});

test('its folder is 0700, its files 0600, and no key stands in the sealed file', async () => {
  const folder = join(root, 'rights');
  const secrets = await openFileSecrets(folder);
  assert.equal((await stat(folder)).mode & 0o777, 0o700);
  const names = await readdir(folder);
  assert.deepEqual(names.toSorted(), ['keys.sealed', 'sealing-key'], 'no draft is left behind');
  for (const name of names) assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600, name);
  const sealed = await readFile(join(folder, 'keys.sealed'), 'utf8');
  const key = Buffer.from((await secrets.read('surrogate')).bytes());
  assert.ok(!sealed.includes(key.toString('base64')) && !sealed.includes('surrogate'));
});

test('processes that start at once end up with the same keys', async () => {
  const folder = join(root, 'race');
  const opened = await Promise.all(Array.from({ length: 8 }, () => openFileSecrets(folder)));
  const texts = await Promise.all(opened.map(async (secrets) => (await secrets.read('digest')).text()));
  assert.equal(new Set(texts).size, 1);
});

async function refuses(folder: string, detail: RegExp, remedy: RegExp): Promise<void> {
  await assert.rejects(openFileSecrets(folder), (error: AppError) => {
    assert.equal(error.code, 'secret_unavailable');
    assert.equal(error.status, 503);
    assert.match(error.detail, detail);
    assert.match(error.remedy ?? '', remedy);
    return true;
  });
}

test('a file or folder that others may read is refused with the command that helps', async () => {
  for (const [name, mode] of [
    ['', 0o755],
    ['sealing-key', 0o640],
    ['keys.sealed', 0o604],
  ] as const) {
    const folder = join(root, `loose-${name}`);
    await openFileSecrets(folder);
    await chmod(join(folder, name), mode);
    await refuses(folder, /others may read keys/, /^chmod [67]00 /);
    await chmod(join(folder, name), name === '' ? 0o700 : 0o600);
    await openFileSecrets(folder);
  }
});

test('a missing key file is not silently replaced', async () => {
  const folder = join(root, 'keyless');
  await openFileSecrets(folder);
  await rm(join(folder, 'sealing-key'));
  await refuses(folder, /sealing-key is missing/, /backup/);
  assert.deepEqual(await readdir(folder), ['keys.sealed']);
});

test('every changed byte of either file is noticed', async () => {
  const folder = join(root, 'damaged');
  await openFileSecrets(folder);
  for (const name of ['keys.sealed', 'sealing-key']) {
    const path = join(folder, name);
    const whole = await readFile(path);
    // The last byte is the line break; idle bits of the key's last base64 character do not change the key.
    for (let at = 0; at < whole.length - 3; at += 7) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 0x10;
      await writeFile(path, changed);
      await refuses(folder, /damaged/, /backup/);
    }
    await writeFile(path, whole);
  }
  await openFileSecrets(folder);
});

test('its signatures verify with the public key alone, and a mac is HMAC-SHA256 under the key', async () => {
  const secrets = await openFileSecrets(join(root, 'used'));
  const signer = await secrets.signer();
  const key = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(signer.publicKey).toString('base64url') },
    format: 'jwk',
  });
  const message = Buffer.from(`message ${process.hrtime.bigint()}`);
  const signature = await signer.sign(message);
  assert.ok(verify(null, message, key, signature));
  assert.ok(!verify(null, Buffer.from('another'), key, signature));
  const mac = await secrets.mac('digest');
  const expected = createHmac('sha256', (await secrets.read('digest')).bytes())
    .update(message)
    .digest();
  assert.deepEqual(Buffer.from(mac.compute(message)), expected);
});

const NO_STATEMENT = async () => 'statement';

test('a rotated key is current at once, its former versions are held, and another process sees both', async () => {
  const folder = join(root, 'rotated');
  const [one, two] = [await openFileSecrets(folder), await openFileSecrets(folder)];
  const mac = await one.mac('digest');
  const before = { id: mac.id, digest: mac.compute('a text') };
  let told = 0;
  two.onChange(() => {
    told += 1;
  });
  const next = await one.rotate('digest', NO_STATEMENT);
  assert.equal(mac.id, next.id, 'the mac that is held follows');
  assert.notDeepEqual(mac.compute('a text'), before.digest);
  assert.deepEqual(mac.computeAll('a text')[1], before.digest);
  assert.equal(two.versions('digest').length, 1);
  await two.refresh();
  assert.equal(told, 1);
  assert.deepEqual(two.versions('digest'), [next, { id: before.id, version: 1 }]);
  assert.equal((await openFileSecrets(folder)).held('digest').length, 2);
  assert.deepEqual((await readdir(folder)).toSorted(), ['keys.sealed', 'sealing-key']);
});

test('the signing key hands over: both sign, the first one names the log, the chain is kept', async () => {
  const folder = join(root, 'handed-over');
  const secrets = await openFileSecrets(folder);
  const first = secrets.heldSigner();
  for (const round of [1, 2]) {
    await secrets.rotate('log-signing', async (former, next) => {
      assert.deepEqual(former.publicKey, secrets.heldSigner().publicKey);
      for (const signer of [former, next]) assert.equal((await signer.sign(Buffer.from('x'))).length, 64);
      return `statement ${round}`;
    });
  }
  const last = (await openFileSecrets(folder)).heldSigner();
  assert.equal(last.version, 3);
  assert.deepEqual(last.firstKey, first.publicKey);
  assert.notDeepEqual(last.publicKey, first.publicKey);
  assert.deepEqual(last.endorsements, ['statement 1', 'statement 2']);
});

test('of two processes that rotate at once no version is lost', async () => {
  const folder = join(root, 'rotation-race');
  const opened = await Promise.all(Array.from({ length: 6 }, () => openFileSecrets(folder)));
  const results = await Promise.allSettled(opened.map((secrets) => secrets.rotate('surrogate', NO_STATEMENT)));
  const done = results.filter(({ status }) => status === 'fulfilled').length;
  assert.ok(done >= 1);
  const versions = (await openFileSecrets(folder)).versions('surrogate').map(({ version }) => version);
  assert.deepEqual(
    versions,
    Array.from({ length: done + 1 }, (_, index) => done + 1 - index),
  );
});
