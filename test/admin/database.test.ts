// The admin listener on a real PostgreSQL and the real audit log: what lies in the tables, what gateways are told, and
// what the CLI gets through all of it.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fakeDependencies } from '../../control-plane/admin/fake-dependencies.ts';
import { createAccessTokens } from '../../control-plane/admin/identity/access-tokens.ts';
import type { Account } from '../../control-plane/admin/identity/account-store.ts';
import { ensureAdminAccount } from '../../control-plane/admin/identity/admin-account.ts';
import { prismaAccountStore } from '../../control-plane/admin/identity/prisma-account-store.ts';
import { prismaTokenStore } from '../../control-plane/admin/identity/prisma-token-store.ts';
import { prismaWebSessionRows } from '../../control-plane/admin/identity/prisma-web-session-rows.ts';
import { createKeyService } from '../../control-plane/admin/keys/key-service.ts';
import { prismaApiKeySource } from '../../control-plane/admin/keys/prisma-api-key-source.ts';
import { prismaApiKeyStore } from '../../control-plane/admin/keys/prisma-api-key-store.ts';
import { type Admin, startAdmin } from '../../control-plane/admin/start-admin.ts';
import { type DatabaseAuditLog, openAuditLog } from '../../control-plane/audit/audit-log.ts';
import { ApiKeys } from '../../control-plane/gateway/api-keys.ts';
import { tenantsByName } from '../../control-plane/policy/tenant-facts.ts';
import { PostgresResourceStore } from '../../control-plane/resources/postgres-resource-store.ts';
import { memorySecrets } from '../../control-plane/secrets/memory-secrets.ts';
import { MODEL_YAML, openTerminal } from '../cli/cli-harness.ts';
import { startTemporaryDatabase, type TemporaryDatabase } from '../database/temporary-database.ts';
import { Browser } from './admin-harness.ts';

let database: TemporaryDatabase;
let audit: DatabaseAuditLog;
let admin: Admin;
let resources: PostgresResourceStore;
let dataFolder: string;
const pepper = randomBytes(32);
const password = `pass-${randomBytes(12).toString('hex')}`;

before(async () => {
  database = await startTemporaryDatabase();
  const secrets = memorySecrets();
  audit = await openAuditLog({ database, secrets, producer: 'admin-test' });
  await audit.start();
  resources = new PostgresResourceStore({ database });
  resources.start();
  dataFolder = await mkdtemp(join(tmpdir(), 'intramuros-admin-'));
  const accounts = prismaAccountStore(database);
  await ensureAdminAccount({ accounts, audit, adminPassword: password });
  admin = await startAdmin({
    ...fakeDependencies(),
    accounts,
    sessionRows: prismaWebSessionRows(database),
    audit,
    records: audit.records,
    bundle: audit,
    resources,
    keys: createKeyService({
      keys: prismaApiKeyStore(database),
      pepper,
      tenants: async () => tenantsByName((await resources.list('Tenant')).items),
    }),
    host: '127.0.0.1',
    port: 0,
    dataFolder,
  });
});

after(async () => {
  await admin.stop();
  resources.stop();
  await audit.stop();
  await database.stop();
  await rm(dataFolder, { recursive: true, force: true });
});

const place = () => ({ dataFolder, databaseUrl: undefined });

test('of two processes that start at once, one makes the account', async () => {
  const accounts = prismaAccountStore(database);
  const account: Account = {
    ...{ name: 'twin', role: 'officer', source: 'local', passwordHash: 'x', subject: undefined, tenant: undefined },
    ...{ mustChange: false, disabled: false, createdAt: new Date(), lastSignInAt: undefined },
  };
  const created = await Promise.all([accounts.createIfAbsent(account), accounts.createIfAbsent(account)]);
  assert.deepEqual(
    created.filter((each) => each),
    [true],
  );
  assert.deepEqual(await accounts.find('twin'), account);
  await database.prisma.account.update({ where: { name: 'twin' }, data: { role: 'from-the-future' } });
  assert.equal(await accounts.find('twin'), undefined, 'an unknown role grants nothing');
});

test('of two admins that remove each other at once, one stays', async () => {
  const accounts = prismaAccountStore(database);
  const rest = { source: 'local', passwordHash: 'x', subject: undefined, tenant: undefined } as const;
  const more = { mustChange: false, disabled: false, createdAt: new Date(), lastSignInAt: undefined };
  await accounts.createIfAbsent({ ...rest, ...more, name: 'second', role: 'admin' });
  const results = await Promise.all([
    accounts.change('admin', { role: 'viewer', tenant: 'default' }),
    accounts.change('second', { disabled: true }),
  ]);
  assert.deepEqual(results.toSorted(), ['done', 'lastAdmin']);
  assert.equal(await accounts.change('admin', { role: 'admin', tenant: undefined }), 'done');
  assert.equal(await accounts.remove('second'), 'done');
  assert.equal(await accounts.remove('admin'), 'lastAdmin');
  assert.equal(await accounts.remove('second'), 'missing');
});

test('a token stands in the database as a hash only, opens what its account may, and ends with it', async () => {
  const accounts = prismaAccountStore(database);
  const tokens = prismaTokenStore(database);
  await accounts.createIfAbsent({
    ...{ name: 'worker', role: 'developer', source: 'local', passwordHash: 'x', subject: undefined, tenant: 'a' },
    ...{ mustChange: false, disabled: false, createdAt: new Date(), lastSignInAt: undefined },
  });
  const access = createAccessTokens({ tokens, accounts });
  const { token } = await access.create('worker', { name: 'laptop', days: 1 });
  const [row] = await database.prisma.accessToken.findMany();
  assert.ok(row !== undefined && !JSON.stringify(row).includes(token.slice(4)));
  assert.equal((await access.identify(token))?.tenant, 'a');
  assert.equal((await access.list('worker'))[0]?.lastUsedAt instanceof Date, true);
  await accounts.change('worker', { tenant: 'b' });
  assert.equal(await access.identify(token), undefined, 'another tenant ends it');
  const again = await access.create('worker', { name: 'laptop', days: 1 });
  await accounts.remove('worker');
  assert.equal(await access.identify(again.token), undefined);
  assert.equal(await database.prisma.accessToken.count(), 0);
});

test('the table of sessions holds neither the cookie nor anything to make it from', async () => {
  const browser = new Browser(admin.address);
  assert.equal((await browser.signIn('admin', password)).status, 303);
  assert.equal((await browser.send('/')).status, 200);
  const [, sid = ''] = /^s:([^.]+)\./.exec(decodeURIComponent(String(browser.cookies.get('intramuros_session')))) ?? [];
  const rows = await database.prisma.webSession.findMany();
  assert.ok(sid.length > 20 && rows.length > 0);
  assert.ok(!JSON.stringify(rows).includes(sid));
  await browser.signOut(await browser.sessionToken());
  assert.equal(await database.prisma.webSession.count(), rows.length - 1);
});

test('a stranger who looks at the sign-in page leaves no row', async () => {
  const before = await database.prisma.webSession.count();
  for (let visit = 0; visit < 5; visit += 1) await new Browser(admin.address).send('/sign-in');
  assert.equal(await database.prisma.webSession.count(), before);
});

test('a session that ran out is not found, and is swept', async () => {
  const rows = prismaWebSessionRows(database);
  await rows.save('old', { a: 1 }, new Date(Date.now() - 1000));
  assert.equal(await rows.find('old', new Date()), undefined);
  await rows.removeExpired(new Date());
  assert.equal(await database.prisma.webSession.count({ where: { sid: 'old' } }), 0);
  await rows.extend('old', new Date(Date.now() + 60_000));
  assert.equal(await rows.find('old', new Date()), undefined, 'extending brings nothing back');
});

test('gateways hear of a new key and of its end, and the key itself is in no table', async (t) => {
  const { run } = await openTerminal(t, { place });
  let heard = 0;
  const over = new AbortController();
  const hear = () => {
    heard += 1;
  };
  t.after(() => over.abort());
  void database.listen('intramuros_key', hear, over.signal);
  await until(() => heard === 1);
  const key = (await run(['key', 'create', 'ward-3', '--class', 'restricted'])).out.trim();
  await until(() => heard === 2);
  const row = await database.prisma.apiKey.findUniqueOrThrow({ where: { prefix: key.slice(0, 11) } });
  assert.deepEqual([row.name, row.tenant, row.dataClass, row.createdBy], ['ward-3', 'default', 'restricted', 'local']);
  assert.equal(row.hash.length, 32);
  assert.ok(!JSON.stringify(row).includes(key.slice(12)));
  assert.equal((await run(['key', 'revoke', key.slice(0, 11)])).code, 0);
  await until(() => heard === 3);
  assert.match((await run(['key', 'list'])).out, /ward-3 +default +restricted +revoked +20\d\d-/);
});

test('a gateway knows a key within two seconds of its making, and not two seconds after its end', async (t) => {
  const { run } = await openTerminal(t, { place });
  const keys = new ApiKeys({
    source: prismaApiKeySource(database),
    pepper,
    onError: (error) => assert.fail(String(error)),
  });
  await keys.start();
  t.after(() => keys.stop());
  const tenant = 'apiVersion: intramuros.dev/v1alpha1\nkind: Tenant\nmetadata: {name: ward}\nspec: {}\n';
  assert.equal((await run(['apply', '-f', '-'], tenant)).code, 0);
  const text = (await run(['key', 'create', 'gateway-app', '--tenant', 'ward'])).out.trim();
  const startedAt = Date.now();
  await until(() => keys.find(text)?.tenant === 'ward');
  await run(['key', 'revoke', text.slice(0, 11)]);
  await until(() => keys.find(text) === undefined);
  assert.ok(Date.now() - startedAt < 4000);
});

test('resources go through the real store, with versions and conflicts', async (t) => {
  const { run } = await openTerminal(t, { place });
  assert.equal((await run(['apply', '-f', '-'], MODEL_YAML)).out, 'model/notes created\n');
  const kept = (await run(['get', 'model', 'notes', '-o', 'yaml'])).out;
  assert.equal((await run(['apply', '-f', '-'], kept)).out, 'model/notes unchanged\n');
  await run(['apply', '-f', '-'], MODEL_YAML.replace('notes.gguf', 'other.gguf'));
  const stale = await run(['apply', '-f', '-'], kept);
  assert.equal(stale.code, 1);
  assert.match(stale.err, /changed/);
  assert.equal((await run(['delete', 'models', 'notes'])).code, 0);
});

test('every change by the CLI stands in the log with its outcome, provable and exportable', async (t) => {
  const { run, folder } = await openTerminal(t, { place });
  await run(['key', 'create', 'on-record']);
  await until(async () => (await lastRecords()).some((record) => record['action'] === 'key.create'));
  const change = (await lastRecords()).find(({ kind, action }) => kind === 'change' && action === 'key.create');
  assert.ok(change);
  const found = JSON.parse((await run(['audit', 'prove', change.receipt, '-o', 'json'])).out) as Record<
    string,
    Record<string, unknown>
  >;
  assert.equal(found['outcome']?.['intent'], change.receipt);
  assert.equal(typeof found['proof']?.['index'], 'number');
  assert.equal((await run(['audit', 'export', '--out', 'bundle'])).code, 0);
  assert.deepEqual((await readdir(join(folder, 'bundle'))).toSorted(), [
    'checkpoint',
    'log-key.pub',
    'manifest',
    'tile',
  ]);
});

async function lastRecords() {
  return (await audit.records.last({ limit: 50 })).records;
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, 'waited ten seconds');
    await delay(50);
  }
}
