// A port that somebody else has is told before anything is started.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { REPOSITORY } from '../house/sources.ts';

const LAUNCH = join(REPOSITORY, 'control-plane/launch.js');
/** The promise, on a machine where `--help` takes so long; one that is busy or slow gets as much more as it needs there. */
const REFUSED_WITHIN_MS = 2_000;
const HELP_MS = 400;

interface Refusal {
  readonly status: number | null;
  readonly stderr: string;
  readonly data: string;
}

function serveOn(ports: Readonly<Record<string, number>>, use: (refusal: Refusal) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'intramuros-port-'));
  try {
    const env = {
      PATH: process.env['PATH'] ?? '',
      INTRAMUROS_DATA: join(folder, 'data'),
      INTRAMUROS_PORT: '0',
      INTRAMUROS_GATEWAY_PORT: '0',
      ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)])),
    };
    const timed = (...words: string[]) => {
      const beganAtMs = performance.now();
      const ended = spawnSync(process.execPath, [LAUNCH, ...words], { env, encoding: 'utf8', timeout: 60_000 });
      return { ...ended, tookMs: performance.now() - beganAtMs };
    };
    const before = timed('--help').tookMs;
    const { status, stderr, tookMs } = timed('serve');
    const slowness = Math.max(1, before / HELP_MS, timed('--help').tookMs / HELP_MS);
    assert.ok(tookMs < REFUSED_WITHIN_MS * slowness, `${Math.round(tookMs)} ms, slowness ${slowness.toFixed(1)}`);
    use({ status, stderr, data: join(folder, 'data') });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

for (const variable of ['INTRAMUROS_PORT', 'INTRAMUROS_GATEWAY_PORT']) {
  for (const host of ['127.0.0.1', '0.0.0.0', '::']) {
    test(`${variable} on a port taken on ${host}: exit 1 in time; port, variable and holder named; nothing begun`, async () => {
      const holder = createServer();
      await new Promise<void>((resolve) => holder.listen(0, host, resolve));
      const address = holder.address();
      assert.ok(address !== null && typeof address === 'object');
      try {
        serveOn({ [variable]: address.port }, ({ status, stderr, data }) => {
          assert.equal(status, 1, stderr);
          const name = basename(process.argv0);
          assert.ok(stderr.includes(`Port ${address.port} is taken by process ${process.pid} (${name}).`), stderr);
          assert.ok(stderr.includes(`set ${variable} to a free port`), stderr);
          assert.equal(existsSync(data), false);
        });
      } finally {
        holder.close();
      }
    });
  }
}

test('a holder that cannot be seen is not invented', {
  skip: process.getuid?.() === 0 ? false : 'needs root to change users',
}, async () => {
  const holder = await listeningChild();
  try {
    const script = `
      const { assertPortFree } = await import('${REPOSITORY}/control-plane/cli/assert-port-free.ts');
      const { setuid } = process; setuid.call(process, 65534);
      await assertPortFree('127.0.0.1', ${holder.port}, 'INTRAMUROS_PORT').catch(({ code, detail, remedy }) =>
        console.log(JSON.stringify({ code, detail, remedy })));`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    assert.notEqual(stdout, '', stderr);
    const { code, detail, remedy } = JSON.parse(stdout) as Record<string, string>;
    assert.equal(code, 'port_in_use');
    assert.equal(detail, `Port ${holder.port} is taken by another process.`);
    assert.match(remedy ?? '', new RegExp(`ss -ltnp sport = :${holder.port}`));
  } finally {
    holder.child.kill('SIGKILL');
  }
});

async function listeningChild(): Promise<{ child: ChildProcess; port: number }> {
  const script = `
    const server = require('node:net').createServer().listen(0, '127.0.0.1', () => console.log(server.address().port));`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const chunk of child.stdout) return { child, port: Number(String(chunk)) };
  throw new Error('it did not listen');
}
