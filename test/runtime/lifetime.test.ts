// Engines live exactly as long as the product: they end within two seconds when it is killed, at once when it is asked
// to stop, and a terminal's Ctrl-C does not reach them by itself.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ggufFixture } from '../fixtures/gguf.ts';
import { eventually, isAlive } from './stage.ts';

const HOST = fileURLToPath(new URL('./host.ts', import.meta.url));

interface Host {
  readonly child: ChildProcess;
  readonly pids: readonly number[];
}

async function startHost(engine: 'scripted' | 'bundled', replicas: number): Promise<Host> {
  const child = spawn(process.execPath, [HOST, engine, String(replicas), ggufFixture({ shape: 'llama' })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('up ')) return { child, pids: (JSON.parse(line.slice(3)) as { pids: number[] }).pids };
  }
  throw new Error('the host ended before it was up');
}

const exited = (child: ChildProcess) =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise<void>((resolve) => child.once('exit', () => resolve()));

/** Alive and not a zombie that only waits for its parent. */
function runs(pid: number): boolean {
  if (!isAlive(pid)) return false;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
}

for (const engine of ['scripted', 'bundled'] as const) {
  describe(`the life of engines (${engine})`, () => {
    it('ends within two seconds when the product is killed by SIGKILL', async () => {
      const { child, pids } = await startHost(engine, 2);
      assert.equal(pids.filter(runs).length, 2);
      child.kill('SIGKILL');
      const killedAt = performance.now();
      await eventually(
        () => (pids.some(runs) ? undefined : true),
        2000,
        () => 'an engine outlives the product',
      );
      assert.ok(performance.now() - killedAt < 2000);
    });

    it('ends within ten seconds, all of it, when the product is asked to stop', async () => {
      const { child, pids } = await startHost(engine, 2);
      const askedAt = performance.now();
      child.kill('SIGTERM');
      await exited(child);
      assert.equal(child.exitCode, 0);
      assert.ok(performance.now() - askedAt < 10_000);
      assert.deepEqual(pids.filter(runs), []);
    });

    it('is a process group of its own, which a Ctrl-C at the terminal does not reach', async () => {
      const { child, pids } = await startHost(engine, 1);
      for (const pid of pids) {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        assert.equal(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2], String(pid));
      }
      child.kill('SIGTERM');
      await exited(child);
    });
  });
}
