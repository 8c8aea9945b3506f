// The API as the CLI and, later, the console use it: every route, its permissions, its records, its refusals.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { apiRoutes } from '../../control-plane/admin/app.ts';
import { fakeDependencies } from '../../control-plane/admin/fake-dependencies.ts';
import { Browser, bearerOf, capturedLog, type RunningAdmin, runAdmin, type Sent, signedIn } from './admin-harness.ts';

const model = (name: string, uri = 'file:///srv/models/a.gguf') => ({
  apiVersion: 'intramuros.dev/v1alpha1',
  kind: 'Model',
  metadata: { name },
  spec: { source: { uri } },
});

function clientOf(admin: RunningAdmin) {
  const browser = new Browser(admin.address);
  return (method: string, path: string, body?: unknown, headers: Sent['headers'] = {}) =>
    browser.send(path, {
      method,
      headers: {
        ...bearerOf(admin),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
}

test('every answer, of whatever kind, carries the headers that keep a page to itself', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const browser = await signedIn(admin);
  for (const path of [
    '/',
    '/sign-in',
    '/favicon.svg',
    '/readyz',
    '/api/v1/session',
    '/api/v1/openapi.json',
    '/nowhere',
    '/metrics',
  ]) {
    const { headers } = await browser.send(path);
    const policy = String(headers['content-security-policy']);
    assert.match(policy, /default-src 'none'/, path);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.match(policy, /base-uri 'none'/);
    assert.match(policy, /form-action 'self'/);
    assert.doesNotMatch(policy, /unsafe|https?:|\*/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['x-frame-options'], 'DENY');
    assert.equal(headers['referrer-policy'], 'same-origin');
    assert.equal(headers['x-powered-by'], undefined);
    assert.match(String(headers['x-request-id']), /^[0-9a-f-]{36}$/);
    if (!/style|favicon|readyz|metrics/.test(path)) assert.equal(headers['cache-control'], 'no-store', path);
  }
});

test('what a page links to is there: stylesheet, icon, and the name that browsers try by themselves', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const browser = new Browser(admin.address);
  const { text } = await browser.send('/sign-in');
  const links = [...text.matchAll(/(?:href|src|action)="(\/[^"]*)"/g)].map(([, path = '']) => path);
  assert.ok(links.length >= 3);
  for (const path of new Set([...links, '/favicon.ico'])) {
    assert.equal((await browser.send(path)).status, 200, path);
  }
  assert.doesNotMatch(text, /<script|<style|\sstyle=|\son\w+=/i);
});

test('an unknown path is a problem document, and a wrong method says which are right', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const send = clientOf(admin);
  const unknown = await send('GET', '/api/v1/nothing');
  assert.equal(unknown.status, 404);
  assert.match(String(unknown.headers['content-type']), /^application\/problem\+json/);
  const problem = unknown.json();
  assert.deepEqual([problem['status'], problem['code']], [404, 'not_found']);
  assert.equal(problem['instance'], `urn:uuid:${String(unknown.headers['x-request-id'])}`);
  const method = await send('PUT', '/api/v1/keys', {});
  assert.deepEqual([method.status, method.headers['allow']], [405, 'HEAD, POST, GET']);
  for (const path of [
    '/../etc/passwd',
    '/assets/..%2f..%2fpackage.json',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/%ff',
    '/api/v1/keys/%',
  ]) {
    assert.ok([400, 404].includes((await send('GET', path)).status), path);
  }
});

test('a host name that is not ours is refused, so that no foreign name can pose as this origin', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const browser = new Browser(admin.address);
  for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '']) {
    assert.equal((await browser.send('/sign-in', { headers: { host } })).status, 403, host);
  }
  const port = new URL(admin.address).port;
  assert.equal((await browser.send('/sign-in', { headers: { host: `localhost:${port}` } })).status, 200);
});

test('every route but the public ones refuses a stranger, and none of them reads a body first', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const routes = apiRoutes(fakeDependencies());
  assert.ok(routes.length >= 15);
  const browser = new Browser(admin.address);
  for (const { method, path, action } of routes) {
    const concrete = path.replaceAll(/\{\w+\}/g, 'x');
    const reply = await browser.send(concrete, {
      method: method.toUpperCase(),
      headers: { 'content-type': 'application/json' },
      ...(method === 'get' || method === 'delete' ? {} : { body: '{broken' }),
    });
    const open = method === 'get' ? 200 : 400;
    assert.equal(reply.status, action === 'public' ? open : 401, `${method} ${path}`);
  }
});

test('each change and each reading of the log is on the record before it happens, and never without', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const send = clientOf(admin);
  const { drafts } = admin.dependencies.audit;
  const before = drafts.length;
  const put = await send('PUT', '/api/v1/resources/models/default/a', model('a'));
  assert.equal(put.status, 200);
  assert.match(String(put.headers['x-intramuros-receipt']), /^imr_/);
  const [change, outcome] = drafts.slice(before);
  assert.deepEqual(
    [change?.kind, change?.action, change?.['object']],
    ['change', 'model.apply', { kind: 'Model', name: 'a', namespace: 'default' }],
  );
  assert.deepEqual(
    [outcome?.kind, outcome?.intent, outcome?.['outcome']],
    ['outcome', put.headers['x-intramuros-receipt'], { ok: true, code: 'done' }],
  );
  assert.deepEqual(change?.actor, { kind: 'cli', id: 'local' });
  await send('GET', `/api/v1/records/${String(put.headers['x-intramuros-receipt'])}`);
  assert.equal(drafts.at(-1)?.kind, 'read');

  admin.dependencies.audit.break();
  assert.equal((await send('PUT', '/api/v1/resources/models/default/b', model('b'))).status, 503);
  assert.equal((await send('GET', '/api/v1/resources/models/default/b')).status, 404, 'nothing was written');
  assert.equal((await send('POST', '/api/v1/keys', { name: 'k' })).json()['code'], 'audit_unavailable');
  assert.equal((await send('GET', '/api/v1/log/bundle')).status, 503);
  assert.equal(
    (await send('GET', '/api/v1/models')).status,
    200,
    'what is no change and no reading of the log still answers',
  );
});

test('a change that fails has an outcome that says so', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const reply = await clientOf(admin)('DELETE', '/api/v1/resources/models/default/none');
  assert.equal(reply.status, 404);
  assert.deepEqual(admin.dependencies.audit.drafts.at(-1)?.['outcome'], { ok: false, code: 'not_found' });
});

test('resources are applied, read, conflict and are deleted as the contract says', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const send = clientOf(admin);
  const applied = (await send('PUT', '/api/v1/resources/model/a', model('a'))).json();
  assert.equal((applied['metadata'] as Record<string, unknown>)['namespace'], 'default');
  assert.deepEqual((await send('GET', '/api/v1/resources/models/default/a')).json(), applied);
  const list = (await send('GET', '/api/v1/resources/mdl')).json();
  assert.equal((list['items'] as unknown[]).length, 1);
  const stale = { ...model('a'), metadata: { name: 'a', resourceVersion: '999' } };
  assert.equal((await send('PUT', '/api/v1/resources/models/default/a', stale)).status, 409);
  const dry = await send('PUT', '/api/v1/resources/models/default/b?dryRun=true', model('b'));
  assert.equal(dry.status, 200);
  assert.equal((await send('GET', '/api/v1/resources/models/default/b')).status, 404);
  assert.equal((await send('DELETE', '/api/v1/resources/models/default/a')).status, 200);
  assert.equal((await send('DELETE', '/api/v1/resources/models/default/a')).status, 404);
});

test('a resource that is wrong is answered with every field and remedy', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const send = clientOf(admin);
  const wrong = { ...model('a', 'ftp://x'), spec: { source: { uri: 'ftp://x' }, replicas: 99, colour: 'red' } };
  const reply = await send('PUT', '/api/v1/resources/models/default/a', wrong);
  assert.equal(reply.status, 422);
  const problem = reply.json();
  const fields = (problem['problems'] as { field: string; remedy: string }[]).map(({ field }) => field);
  assert.deepEqual(fields.toSorted(), ['spec.colour', 'spec.replicas', 'spec.source.uri']);
  assert.ok((problem['problems'] as { remedy: string }[]).every(({ remedy }) => remedy.length > 10));
  assert.equal(
    (await send('PUT', '/api/v1/resources/models/default/other', model('a'))).json()['param'],
    'metadata.name',
  );
  assert.equal((await send('PUT', '/api/v1/resources/models/team/a', model('a'))).status, 400);
  assert.equal((await send('GET', '/api/v1/resources/gadgets')).status, 404);
  assert.equal((await send('GET', '/api/v1/resources/privacypolicies/default/x')).status, 400);
  assert.equal(
    (await send('PUT', '/api/v1/resources/models/default/a?dryRun=yes', model('a'))).json()['param'],
    'dryRun',
  );
});

test('bodies are refused by type, size and shape, naming the field and never the value', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const send = clientOf(admin);
  const secret = `value-${randomBytes(6).toString('hex')}`;
  const cases: [unknown, number, string, string | undefined][] = [
    ['{', 400, 'invalid_json', undefined],
    [[], 400, 'invalid_field', 'body'],
    [{}, 400, 'missing_field', 'name'],
    [{ name: 5 }, 400, 'invalid_field', 'name'],
    [{ name: `${secret} with spaces` }, 400, 'invalid_field', 'name'],
    [{ name: 'a', dataClass: secret }, 400, 'invalid_field', 'dataClass'],
    [{ name: 'a', tenant: '' }, 400, 'invalid_field', 'tenant'],
    [{ name: 'a', colour: secret }, 400, 'unknown_field', 'colour'],
    [{ name: 'x'.repeat(2_000_000) }, 413, 'body_too_large', undefined],
  ];
  for (const [body, status, code, param] of cases) {
    const reply = await send('POST', '/api/v1/keys', body);
    assert.deepEqual([reply.status, reply.json()['code'], reply.json()['param']], [status, code, param]);
    assert.ok(!reply.text.includes(secret));
  }
  const typed = await send('POST', '/api/v1/keys', { name: 'a' }, { 'content-type': 'text/plain' });
  assert.equal(typed.status, 415);
  const deep = `{"name":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  assert.equal((await send('POST', '/api/v1/keys', deep)).status, 400);
});

test('a key is shown once, listed without its secret, and revoked by its prefix', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const send = clientOf(admin);
  const made = (await send('POST', '/api/v1/keys', { name: 'app', dataClass: 'restricted' })).json();
  const key = String(made['key']);
  assert.match(key, /^im_[A-Za-z0-9]{8}_[A-Za-z0-9]{32}$/);
  const listed = await send('GET', '/api/v1/keys');
  assert.ok(!listed.text.includes(key.slice(12)));
  assert.ok(!JSON.stringify(admin.dependencies.audit.drafts).includes(key.slice(12)));
  const prefix = key.slice(0, 11);
  assert.equal((await send('DELETE', `/api/v1/keys/${prefix}`)).status, 204);
  assert.equal((await send('DELETE', `/api/v1/keys/${prefix}`)).status, 404);
  const [row] = (await send('GET', '/api/v1/keys')).json()['keys'] as Record<string, unknown>[];
  assert.equal(typeof row?.['revokedAt'], 'string');
});

test('a record is found with outcome and proof; pages of the last ones join without a gap', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const send = clientOf(admin);
  const receipt = String((await send('POST', '/api/v1/keys', { name: 'app' })).headers['x-intramuros-receipt']);
  const found = (await send('GET', `/api/v1/records/${receipt}`)).json();
  assert.equal((found['record'] as Record<string, unknown>)['receipt'], receipt);
  assert.equal((found['outcome'] as Record<string, unknown>)['intent'], receipt);
  assert.match(String((found['proof'] as Record<string, unknown>)['text']), /^c2sp\.org\/tlog-proof/);
  assert.equal((await send('GET', '/api/v1/records/imr_00000000000000000000000000')).status, 404);
  assert.equal((await send('GET', '/api/v1/records/imr_short')).json()['param'], 'receipt');
  const search = '/api/v1/log/records?purpose=control';
  assert.equal((await send('GET', `${search}&limit=0`)).json()['param'], 'limit');
  assert.equal((await send('GET', `${search}&colour=red`)).json()['code'], 'unknown_field');
  const first = (await send('GET', `${search}&limit=2`)).json();
  assert.equal((first['records'] as unknown[]).length, 2);
  assert.equal(typeof first['older'], 'number');
});

test('a text is compared by keyed digest, with or without the line break of an editor, and written nowhere', async (t) => {
  const { log, lines } = capturedLog();
  const admin = await runAdmin({ log });
  t.after(admin.stop);
  const send = clientOf(admin);
  const { audit } = admin.dependencies;
  const text = `Bonjour ${randomBytes(12).toString('hex')}`;
  const receipt = await audit.append({
    kind: 'change',
    tenant: 'default',
    actor: { kind: 'system', id: 'test' },
    action: 'chat.completions',
    request: { digest: audit.digest('{}'), texts: [audit.digest('other'), audit.digest(text)] },
  });
  const match = async (candidate: string) =>
    (await send('POST', `/api/v1/records/${receipt}/match`, { text: candidate })).json();
  assert.deepEqual(await match(text), { match: true, at: 'request.texts[1]' });
  assert.deepEqual(await match(`${text}\n`), { match: true, at: 'request.texts[1]' });
  assert.deepEqual(await match(`${text} `), { match: false });
  assert.ok(lines.length > 0);
  assert.ok(!lines.join('').includes(text.slice(8)));
  assert.ok(!JSON.stringify(audit.drafts).includes(text.slice(8)));
});

test('the bundle ends with a line that says it is whole, and a failure on the way cuts the connection', async (t) => {
  const admin = await runAdmin({
    bundle: {
      async *files() {
        yield { name: 'checkpoint', data: Buffer.from('x') };
        throw new Error('the database went away');
      },
    },
  });
  t.after(admin.stop);
  await assert.rejects(clientOf(admin)('GET', '/api/v1/log/bundle'));
  const whole = await runAdmin();
  t.after(whole.stop);
  const lines = (await clientOf(whole)('GET', '/api/v1/log/bundle')).text.trim().split('\n');
  assert.deepEqual(JSON.parse(lines.at(-1) ?? ''), { complete: true, files: 1 });
});

test('the OpenAPI document describes exactly the routes that are served, without credentials', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const reply = await new Browser(admin.address).send('/api/v1/openapi.json');
  assert.equal(reply.status, 200);
  const document = reply.json() as { openapi: string; paths: Record<string, Record<string, Record<string, unknown>>> };
  assert.equal(document.openapi, '3.1.0');
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  const served = apiRoutes(fakeDependencies()).map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual(described.toSorted(), served.toSorted());
  const ids = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).map((operation) => operation['operationId']),
  );
  assert.equal(new Set(ids).size, ids.length);
});

test('health answers without anybody being known, and not ready is 503 with the part that fails', async (t) => {
  const admin = await runAdmin({
    health: {
      readiness: async () => [{ name: 'database', ok: false, detail: 'It does not answer.' }],
      metrics: async () => [],
    },
  });
  t.after(admin.stop);
  const browser = new Browser(admin.address);
  assert.equal((await browser.send('/livez')).status, 200);
  const ready = await browser.send('/readyz');
  assert.deepEqual([ready.status, ready.json()['status']], [503, 'not ready']);
});

test('metrics count by route pattern and hold nothing that a caller wrote', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const canary = `canary${randomBytes(6).toString('hex')}`;
  const send = clientOf(admin);
  await send('GET', `/api/v1/resources/models/default/${canary}`);
  await send('GET', `/${canary}`);
  const { text, headers } = await send('GET', '/metrics');
  assert.match(String(headers['content-type']), /^application\/openmetrics-text; version=1\.0\.0/);
  assert.match(text, /# EOF\n$/);
  assert.match(
    text,
    /intramuros_admin_requests_total\{route="\/api\/v1\/resources\/\{kind\}\/\{namespace\}\/\{name\}",status="4xx"\} 1/,
  );
  assert.ok(!text.includes(canary));
});

test('a defect is answered without its text and is in the log under the request id', async (t) => {
  const { log, lines } = capturedLog();
  const admin = await runAdmin({ log, plan: () => Promise.reject(new Error('a secret path')) });
  t.after(admin.stop);
  const reply = await clientOf(admin)('POST', '/api/v1/plan', { resources: [model('a')] });
  assert.equal(reply.status, 500);
  assert.ok(!reply.text.includes('secret path'));
  const id = String(reply.headers['x-request-id']);
  assert.ok(lines.some((line) => line.includes(id) && line.includes('a secret path')));
});

test('neither passwords nor bodies nor query strings reach the log', async (t) => {
  const { log, lines } = capturedLog();
  const admin = await runAdmin({ log });
  t.after(admin.stop);
  const browser = await signedIn(admin);
  const canary = `canary${randomBytes(6).toString('hex')}`;
  await new Browser(admin.address).signIn(canary, canary);
  await browser.send(`/api/v1/log/records?before=${canary}`);
  await clientOf(admin)('POST', '/api/v1/redact/preview', { request: { prompt: canary }, key: canary });
  const all = lines.join('') + JSON.stringify(admin.dependencies.audit.drafts);
  assert.ok(lines.length >= 4);
  for (const secret of [canary, admin.password, admin.dependencies.localToken.text]) assert.ok(!all.includes(secret));
});
