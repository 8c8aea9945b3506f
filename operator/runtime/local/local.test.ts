// The pure and the small parts of the local runtime.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { DigestCache } from './digest-cache.ts';
import { EngineLog } from './engine-log.ts';
import { summariseEnd } from './failures.ts';
import { freePort } from './free-port.ts';
import { HangWatch } from './hang-watch.ts';
import { locate } from './locate.ts';
import { thisMachine } from './machine.ts';
import { endOrphans, notePid } from './orphans.ts';
import { groupActivity, ownsPort, queuedBytes } from './process-group.ts';

function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'intramuros-local-'));
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

describe('the hang watch', () => {
  const limits = { stoppedMs: 3000, idleMs: 3000 };
  const idle = (ticks: number, wakes = 0) => ({ ticks, wakes, wantsToRun: false, stopped: false });

  it('calls hung what did nothing for the whole time', () => {
    const watch = new HangWatch(limits, 0);
    for (let now = 250; now < 3000; now += 250) assert.equal(watch.isHung(idle(100, now / 1000), now), false);
    assert.equal(watch.isHung(idle(101, 4), 3000), true);
  });

  it('begins anew whenever processor time was used or wanted', () => {
    const watch = new HangWatch(limits, 0);
    assert.equal(watch.isHung(idle(100), 250), false);
    assert.equal(watch.isHung(idle(110), 2900), false);
    assert.equal(watch.isHung(idle(110), 5800), false);
    assert.equal(watch.isHung({ ...idle(110), wantsToRun: true }, 5850), false);
    assert.equal(watch.isHung(idle(110), 8800), false);
    assert.equal(watch.isHung(idle(110), 8850), true);
  });

  it('adds up what is used little by little', () => {
    const watch = new HangWatch(limits, 0);
    for (let now = 0; now < 60_000; now += 250) assert.equal(watch.isHung(idle(now / 250), now), false);
  });

  it('takes tokens that trickle without processor time to speak of for work', () => {
    const watch = new HangWatch(limits, 0);
    for (let now = 0; now < 60_000; now += 250)
      assert.equal(watch.isHung(idle(100, 2 * Math.floor(now / 1000)), now), false);
  });

  it('knows a stopped process also where much idleness is allowed', () => {
    const watch = new HangWatch({ stoppedMs: 3000, idleMs: 60_000 }, 0);
    assert.equal(watch.isHung(idle(100), 250), false);
    for (let now = 5000; now < 8000; now += 250)
      assert.equal(watch.isHung({ ...idle(200), stopped: true }, now), now >= 8000);
    assert.equal(watch.isHung({ ...idle(200), stopped: true }, 8000), true);
  });

  it('waits three times as long where the platform tells nothing', () => {
    const watch = new HangWatch(limits, 0);
    assert.equal(watch.isHung(undefined, 8999), false);
    assert.equal(watch.isHung(undefined, 9000), true);
  });
});

describe('locate', () => {
  const folders = { modelsFolder: '/models', bundledModels: { demo: '/package/demo.gguf' } };
  const rows: [string, string][] = [
    ['file:///srv/a.gguf', '/srv/a.gguf'],
    ['file://a.gguf', '/models/a.gguf'],
    ['file://team/a.gguf', '/models/team/a.gguf'],
    ['file:///srv/my%20weights/sant%C3%A9.gguf', '/srv/my weights/santé.gguf'],
    ['bundled://demo', '/package/demo.gguf'],
  ];
  for (const [uri, path] of rows) {
    it(`finds ${uri}`, () => assert.deepEqual(locate(uri, folders), { ok: true, path }));
  }
  for (const uri of [
    'file://%2e%2e/etc/passwd',
    'file:///srv/%2e%2e/etc/passwd',
    'file://a%2f..%2f..%2fb',
    'file:///a%00b',
    'file:///a%E0%A4',
    'bundled://none',
    'bundled://constructor',
  ]) {
    it(`refuses ${uri} with a remedy`, () => {
      const location = locate(uri, folders);
      assert.ok(!location.ok && location.remedy.length > 10);
    });
  }
});

describe('what the kernel tells', () => {
  it('sees the processor time of a group and whether it wants to run', async () => {
    const busy = spawn(process.execPath, ['-e', 'for(;;);'], { detached: true });
    const quiet = spawn('sleep', ['60'], { detached: true });
    const group = busy.pid ?? 0;
    await until(() => groupActivity(group)?.wantsToRun === true);
    const before = groupActivity(group)?.ticks ?? 0;
    await until(() => (groupActivity(group)?.ticks ?? 0) > before);
    await until(() => groupActivity(quiet.pid ?? 0)?.wantsToRun === false);
    busy.kill('SIGKILL');
    quiet.kill('SIGKILL');
    await until(() => groupActivity(group) === undefined);
  });

  it('knows whose port it is', async () => {
    const port = await freePort();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
    const foreign = spawn('sleep', ['60'], { detached: true });
    const ownGroup = Number(readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ')[2]);
    assert.equal(ownsPort(ownGroup, port), true);
    assert.equal(ownsPort(foreign.pid ?? 0, port), false);
    assert.equal(queuedBytes(port), 0);
    foreign.kill('SIGKILL');
    server.close();
  });

  it('knows the memory of the machine', () => {
    const { totalBytes, availableBytes } = thisMachine.memory();
    assert.ok(totalBytes > 2 ** 28 && availableBytes > 0 && availableBytes <= totalBytes);
    assert.ok((thisMachine.outOfMemoryKills() ?? 0) >= 0);
  });
});

describe('the log of an engine', () => {
  it('keeps the last 16 KB in memory and as many files of such a size as it may', () => {
    using temporary = temporaryFolder();
    const path = join(temporary.folder, 'a.log');
    const log = new EngineLog(path, { maxBytes: 2 ** 18, files: 5 });
    for (let line = 0; line < 4000; line += 1)
      log.write(Buffer.from(`${String(line).padStart(6, '0')} ${'x'.repeat(1000)}\n`));
    assert.equal(Buffer.byteLength(log.tail()), 16 * 1024);
    assert.match(log.tail(), /003999/);
    assert.deepEqual(readdirSync(temporary.folder).toSorted(), ['a.log', 'a.log.1', 'a.log.2', 'a.log.3', 'a.log.4']);
    for (const name of readdirSync(temporary.folder)) {
      assert.ok(statSync(join(temporary.folder, name)).size <= 2 ** 18);
      assert.equal(statSync(join(temporary.folder, name)).mode & 0o777, 0o600);
    }
    log.startTail();
    assert.equal(log.tail(), '');
    log.close();
  });

  it('does not stop an engine when it cannot be written', () => {
    const log = new EngineLog('/nonexistent/folder/a.log');
    log.write(Buffer.from('still explained'));
    assert.equal(log.tail(), 'still explained');
  });
});

describe('a crash loop', () => {
  it('is three bare ends in a row; an end that explains itself keeps its reason', () => {
    const crash = { reason: 'EngineCrashed', message: 'It crashed.', remedy: 'See the log.' };
    assert.equal(summariseEnd(crash, 2).reason, 'EngineCrashed');
    assert.equal(summariseEnd(crash, 3).reason, 'CrashLoop');
    assert.match(summariseEnd(crash, 3).message, /^It crashed\. It ended 3 times/);
    assert.equal(summariseEnd({ ...crash, reason: 'CorruptFile' }, 9).reason, 'CorruptFile');
  });
});

describe('known digests', () => {
  it('outlive the process, and a damaged file only costs time', () => {
    using temporary = temporaryFolder();
    const path = join(temporary.folder, 'digests.json');
    const digest = `sha256:${'a'.repeat(64)}`;
    new DigestCache(path).set('file 1 2 3', digest);
    assert.equal(new DigestCache(path).get('file 1 2 3'), digest);
    writeFileSync(path, '{"file 1 2 3":"sha256:short"}');
    assert.equal(new DigestCache(path).get('file 1 2 3'), undefined);
  });
});

describe('orphans', () => {
  it('of an earlier life are ended, and nobody else who got their number', async () => {
    using temporary = temporaryFolder();
    const orphan = spawn('sleep', ['60'], { detached: true });
    const stranger = spawn('sleep', ['60'], { detached: true });
    notePid(temporary.folder, orphan.pid ?? 0);
    writeFileSync(join(temporary.folder, `${stranger.pid}.pid`), '1');
    orphan.kill('SIGSTOP');
    const ended = new Promise((resolve) => orphan.once('exit', (_code, signal) => resolve(signal)));
    assert.equal(endOrphans(temporary.folder), 1);
    assert.equal(await ended, 'SIGKILL');
    assert.equal(stranger.exitCode, null);
    assert.equal(endOrphans(temporary.folder), 0);
    stranger.kill('SIGKILL');
  });
});

/** A busy machine takes its time; what is waited for must come, not when. */
async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!holds()) {
    assert.ok(performance.now() < deadline, 'it did not come to hold in 20 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
