// Searching the log through the API: a purpose first, once a session, on the record with every search that it covers.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser, bearerOf, type RunningAdmin, runAdmin, signedIn } from './admin-harness.ts';

let admin: RunningAdmin;
before(async () => {
  admin = await runAdmin();
});
after(() => admin.stop());

const drafts = () => admin.dependencies.audit.drafts;

async function sayPurpose(browser: Browser, body: object) {
  const headers = { 'content-type': 'application/json', 'x-form-token': await browser.sessionToken() };
  return browser.send('/api/v1/log/purpose', { method: 'POST', headers, body: JSON.stringify(body) });
}

async function needsPurpose(browser: Browser): Promise<unknown> {
  const { session } = (await browser.send('/api/v1/session')).json() as { session: { needsPurpose: boolean } };
  return session.needsPurpose;
}

test('a session says what it searches for once; the record has it with every search, and another session has none', async () => {
  const browser = await signedIn(admin);
  assert.equal(await needsPurpose(browser), true);
  const refused = await browser.send('/api/v1/log/records');
  assert.deepEqual(
    [refused.status, refused.json()['code'], refused.json()['param']],
    [428, 'purpose_required', 'purpose'],
  );
  assert.ok(!drafts().some(({ action }) => action === 'log.search'), 'what was not done is not on the record');
  const purpose = { kind: 'incident', reference: 'CASE-12' };
  assert.equal((await sayPurpose(browser, purpose)).status, 200);
  assert.equal(await needsPurpose(browser), false);
  assert.equal((await browser.send('/api/v1/log/records?tenant=default&code=answered')).status, 200);
  const searches = drafts().filter(({ action }) => action === 'log.search');
  assert.deepEqual(
    searches.map(({ kind, actor, purpose: why, search }) => ({ kind, who: actor.id, why, search })),
    [
      { kind: 'read', who: 'admin', why: purpose, search: undefined },
      { kind: 'read', who: 'admin', why: purpose, search: { tenant: 'default', code: 'answered' } },
    ],
  );
  assert.equal(await needsPurpose(await signedIn(admin)), true);
});

test('a bearer gives the purpose with each search, and gets no session by saying it', async () => {
  const headers = bearerOf(admin);
  const send = (path: string) => new Browser(admin.address).send(path, { headers });
  assert.equal((await send('/api/v1/log/records')).status, 428);
  const found = await send('/api/v1/log/records?purpose=control&reference=Q4&kind=session');
  assert.equal(found.status, 200);
  const { records } = found.json() as { records: { kind: string; action: string; state: string }[] };
  assert.ok(records.length > 0 && records.every(({ kind, state }) => kind === 'session' && state === 'intact'));
  assert.deepEqual(drafts().at(-1)?.['purpose'], { kind: 'control', reference: 'Q4' });
  const said = await new Browser(admin.address).send('/api/v1/log/purpose', {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'control' }),
  });
  assert.deepEqual([said.status, said.headers['set-cookie']], [200, undefined]);
});

test('what cannot be searched for is refused by name', async () => {
  const browser = await signedIn(admin);
  await sayPurpose(browser, { kind: 'control' });
  const wrong: Readonly<Record<string, string>> = {
    'from=yesterday': 'from',
    'receipt=imr_1': 'receipt',
    'digest=sha256:zz': 'digest',
    'before=-1': 'before',
    'before=1&after=2': 'after',
    'limit=501': 'limit',
    'colour=red': 'colour',
    'state=changed': 'state',
    'tenant=': 'tenant',
    'purpose=curiosity': 'purpose',
  };
  for (const [query, param] of Object.entries(wrong)) {
    const answer = await browser.send(`/api/v1/log/records?${query}`);
    assert.deepEqual([answer.status, answer.json()['param']], [400, param], query);
  }
  const long = await sayPurpose(browser, { kind: 'control', reference: 'x'.repeat(121) });
  assert.deepEqual([long.status, long.json()['param']], [400, 'reference']);
});

test('pages lead on both ways, and the names to choose from are those that occur', async () => {
  const headers = bearerOf(admin);
  const search = async (query: string) => {
    const answer = await new Browser(admin.address).send(`/api/v1/log/records?purpose=control&${query}`, { headers });
    return answer.json() as { records: { index: number }[]; older: number | null; newer: number; size: number };
  };
  const first = await search('limit=2');
  assert.equal(first.records.length, 2);
  const second = await search(`limit=2&before=${first.older}`);
  assert.ok((second.records[0]?.index ?? Number.NaN) < (first.records.at(-1)?.index ?? Number.NaN));
  const since = await search(`after=${first.newer}`);
  assert.ok(since.records.length > 0 && since.records.every(({ index }) => index > first.newer));
  const names = await new Browser(admin.address).send('/api/v1/log/names', { headers });
  assert.ok((names.json() as { action: string[] }).action.includes('log.search'));
});

test('the digests of a text lead to the records that hold it, and the text is on no record', async () => {
  const { audit } = admin.dependencies;
  const text = `a text of this run ${Math.random()}`;
  await audit.append({
    ...{ kind: 'read', tenant: '-', actor: { kind: 'account', id: 'admin' }, action: 'test' },
    request: { digest: audit.digest(text), texts: [] },
  });
  const headers = { ...bearerOf(admin), 'content-type': 'application/json' };
  const browser = new Browser(admin.address);
  const answer = await browser.send('/api/v1/log/digests', {
    method: 'POST',
    headers,
    body: JSON.stringify({ text: `${text}\n` }),
  });
  const { digests } = answer.json() as { digests: string[] };
  const found = await browser.send(`/api/v1/log/records?purpose=control&digest=${digests.join(',')}`, { headers });
  assert.deepEqual(
    (found.json() as { records: { action: string }[] }).records.map(({ action }) => action),
    ['test'],
  );
  assert.ok(!JSON.stringify(drafts()).includes(text));
});
