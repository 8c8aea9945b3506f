import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { type ApiKeySource, ApiKeys, hashApiKey, makeApiKey, type NewApiKey, type StoredApiKey } from './api-keys.ts';
import { identify } from './authenticate.ts';

const pepper = randomBytes(32);

function stored(key: NewApiKey, id = 'k'): StoredApiKey {
  return { id, name: id, tenant: 'default', dataClass: 'internal', prefix: key.prefix, hash: key.hash };
}

/** A source whose lists a test hands out by hand. */
function fakeSource(first: readonly StoredApiKey[]) {
  let changed: () => void = () => undefined;
  let list: ApiKeySource['list'] = async () => first;
  return {
    list: () => list(),
    onChange: (callback: () => void) => {
      changed = callback;
    },
    change(next: ApiKeySource['list']) {
      list = next;
      changed();
    },
  };
}

async function startKeys(source: ApiKeySource, onError: (error: unknown) => void = () => undefined): Promise<ApiKeys> {
  const keys = new ApiKeys({ source, pepper, onError });
  await keys.start();
  return keys;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('a new key has its documented form, and what is stored is not it', () => {
  const seen = new Set<string>();
  for (let at = 0; at < 50; at += 1) {
    const { text, prefix, hash } = makeApiKey(pepper);
    assert.match(text, /^im_[A-Za-z0-9]{8}_[A-Za-z0-9]{32}$/);
    assert.ok(text.startsWith(prefix));
    assert.deepEqual(Buffer.from(hash), hashApiKey(pepper, text));
    assert.notDeepEqual(Buffer.from(hash), hashApiKey(randomBytes(32), text));
    seen.add(text);
  }
  assert.equal(seen.size, 50);
});

test('a key is found by its whole text; a wrong secret, another prefix or another form is not', async () => {
  const key = makeApiKey(pepper);
  const keys = await startKeys(fakeSource([stored(key)]));
  assert.equal(keys.find(key.text)?.keyId, 'k');
  const other = makeApiKey(pepper);
  for (const text of [
    `${key.prefix}${other.text.slice(11)}`,
    other.text,
    key.prefix,
    `${key.text}a`,
    `${key.text}\n`,
    '',
  ]) {
    assert.equal(keys.find(text), undefined);
  }
  keys.stop();
});

test('a revoked key ends with the next list; a list that fails changes nothing and is reported', async () => {
  const key = makeApiKey(pepper);
  const source = fakeSource([stored(key)]);
  const errors: unknown[] = [];
  const keys = await startKeys(source, (error) => errors.push(error));
  source.change(() => Promise.reject(new Error('away')));
  await turn();
  assert.equal(errors.length, 1);
  assert.equal(keys.find(key.text)?.keyId, 'k');
  source.change(async () => []);
  await turn();
  assert.equal(keys.find(key.text), undefined);
  keys.stop();
});

test('an older list that comes back late does not bring a revoked key to life again', async () => {
  const key = makeApiKey(pepper);
  const source = fakeSource([stored(key)]);
  const keys = await startKeys(source);
  const late = Promise.withResolvers<readonly StoredApiKey[]>();
  source.change(() => late.promise);
  source.change(async () => []);
  await turn();
  late.resolve([stored(key)]);
  await turn();
  assert.equal(keys.find(key.text), undefined);
  keys.stop();
});

test('the Authorization header is read as RFC 6750 has it', () => {
  const caller = { keyId: 'k', keyName: 'k', tenant: 'default', dataClass: 'internal' } as const;
  const keys = { find: (text: string) => (text === 'good' ? caller : undefined) };
  for (const header of ['Bearer good', 'bearer good', 'BEARER  good ']) assert.equal(identify(header, keys), caller);
  for (const header of [undefined, '', 'Bearer', 'Bearer ', 'Basic good', 'good', 'Bearer good good']) {
    assert.throws(() => identify(header, keys), { code: 'missing_api_key' });
  }
  assert.throws(() => identify('Bearer bad', keys), { code: 'invalid_api_key' });
});

test('a key under a former pepper is known, and hashed anew under the current one when it is used', async () => {
  const former = randomBytes(32);
  const key = makeApiKey(former);
  const row: StoredApiKey = { id: 'k', name: 'app', tenant: 'default', dataClass: 'internal', ...key };
  const kept: { from: Uint8Array; to: Uint8Array }[] = [];
  const source: ApiKeySource = {
    list: async () => [row],
    onChange: () => {},
    rehash: async (_id, from, to) => void kept.push({ from, to }),
  };
  const keys = new ApiKeys({ source, pepper: () => [pepper, former], onError: (error) => assert.fail(String(error)) });
  await keys.start();
  assert.equal(keys.find(key.text)?.keyId, 'k');
  assert.deepEqual(kept, [{ from: key.hash, to: hashApiKey(pepper, key.text) }]);
  assert.equal(keys.find(makeApiKey(pepper).text), undefined);
  keys.stop();
});
