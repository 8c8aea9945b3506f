// The memory of the gateway under attack, measured from outside in a process of its own: every attack at once, from
// clients and from an engine, and a client in good order who is served all the while.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { event, SSE, whole } from '../gateway/gateway-under-test.ts';
import { startScriptedEngine } from '../wire/scripted-engine.ts';
import { chunked, startHostileServer } from './hostile-server.ts';
import { exchange, open } from './raw-client.ts';

const PROGRAM = fileURLToPath(new URL('./gateway-process.ts', import.meta.url));
const MIB = 1024 * 1024;
/**
 * Bodies that are held (64 MiB), each parsed once, answers on their way, and what the collector has not taken yet:
 * measured 370 to 420, and no more after 40 s than after 6.
 */
const GROWTH_BAR_MIB = 512;
const ATTACK_MS = process.env['INTRAMUROS_TEST_LONG'] === '1' ? 60_000 : 6000;

function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}

/** Five megabytes a second for as long as anybody takes them: the test must not drown itself. */
async function drizzle(socket: Socket): Promise<void> {
  const piece = chunked(event('x'.repeat(50_000)));
  while (!socket.destroyed) {
    socket.write(piece);
    await sleep(10);
  }
}

async function startGateway(engines: readonly string[]) {
  const child = spawn(process.execPath, [PROGRAM, ...engines], { stdio: ['pipe', 'pipe', 'inherit'] });
  let printed = '';
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    printed += chunk.toString();
    const up = /^up (\{.*\})$/m.exec(printed)?.[1];
    if (up === undefined) continue;
    child.stdout.resume();
    return { child, pid: child.pid ?? 0, ...(JSON.parse(up) as { address: string; key: string }) };
  }
  throw new Error('the gateway did not start');
}

test('under every attack at once the gateway’s memory stays bounded and a client in good order is served', async (context) => {
  const hostile = await startHostileServer();
  hostile.answer((socket, request) => {
    if (!request.includes('text/event-stream')) {
      const body = whole('ok');
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      return undefined;
    }
    socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n');
    return drizzle(socket);
  });
  const good = await startScriptedEngine();
  good.answer(({ body }) =>
    body.stream === true
      ? { headers: SSE, pieces: [event('x'.repeat(1000))], ending: 'hang' }
      : { pieces: [whole('ok')] },
  );
  const gateway = await startGateway([hostile.url, good.url]);
  const url = `${gateway.address}/v1/chat/completions`;
  const headers = { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' };
  const chat = (content: string, stream = false) =>
    JSON.stringify({ model: 'm', stream, messages: [{ role: 'user', content }] });
  const head = `POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${gateway.key}\r\n`;
  const over = new AbortController();
  const until = async (attack: () => Promise<unknown>): Promise<void> => {
    while (!over.signal.aborted) {
      await attack().catch(() => undefined);
      await sleep(500);
    }
  };
  const big = chat('y'.repeat(3 * MIB));
  const big2 = Buffer.from(`${head}Content-Length: ${4 * MIB}\r\n\r\n${'z'.repeat(MIB)}`);

  try {
    for (let round = 0; round < 20; round += 1)
      await fetch(url, { method: 'POST', headers, body: chat('x') })
        .then((r) => r.text())
        .catch(() => undefined);
    const before = residentBytes(gateway.pid);
    let most = before;
    const statuses = new Map<number, number>();
    const idle = await Promise.all(Array.from({ length: 300 }, () => open(gateway.address)));
    const attacks = [
      // Bodies that are large, and bodies that stay half.
      ...Array.from({ length: 4 }, () =>
        until(async () => (await fetch(url, { method: 'POST', headers, body: big, signal: over.signal })).text()),
      ),
      ...Array.from({ length: 24 }, () => until(() => exchange(gateway.address, [big2], { withinMs: 3000 }))),
      // Streams without end, read by nobody.
      ...Array.from({ length: 3 }, () =>
        until(async () => {
          const socket = await open(gateway.address);
          socket.pause();
          socket.write(`${head}Content-Length: ${Buffer.byteLength(chat('x', true))}\r\n\r\n${chat('x', true)}`);
          await sleep(3000);
          socket.destroy();
        }),
      ),
      // Heads without end, and requests by the thousand in a write.
      ...Array.from({ length: 5 }, () =>
        until(() =>
          exchange(gateway.address, [`GET /livez HTTP/1.1\r\n${'X-A: b\r\n'.repeat(3000)}`], { withinMs: 2000 }),
        ),
      ),
      ...Array.from({ length: 4 }, () =>
        until(() =>
          exchange(gateway.address, ['GET /livez HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(2000)], {
            answers: 2000,
            withinMs: 3000,
          }),
        ),
      ),
      until(async () =>
        (await fetch(url, { method: 'POST', headers, body: '['.repeat(3 * MIB), signal: over.signal })).text(),
      ),
    ];
    const deadline = performance.now() + ATTACK_MS;
    let slowestMs = 0;
    while (performance.now() < deadline) {
      const beganAtMs = performance.now();
      const alive = await fetch(`${gateway.address}/livez`, { signal: AbortSignal.timeout(60_000) });
      assert.equal(alive.status, 200);
      const { status } = await fetch(url, {
        method: 'POST',
        headers,
        body: chat('mine'),
        signal: AbortSignal.timeout(60_000),
      });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      slowestMs = Math.max(slowestMs, performance.now() - beganAtMs);
      most = Math.max(most, residentBytes(gateway.pid));
      await sleep(50);
    }
    over.abort();
    await Promise.all(attacks);
    for (const socket of idle) socket.destroy();
    const grown = (most - before) / MIB;
    context.diagnostic(
      `resident ${(before / MIB).toFixed(0)} MiB, at most ${grown.toFixed(0)} MiB more; own requests ${JSON.stringify([...statuses])}, slowest ${Math.round(slowestMs)} ms`,
    );
    assert.ok(grown < GROWTH_BAR_MIB, `grew by ${grown.toFixed(0)} MiB`);
    for (const status of statuses.keys()) assert.ok([200, 502, 503].includes(status), `status ${status}`);
    // When it is over, it is over.
    await sleep(500);
    assert.equal((await fetch(`${gateway.address}/livez`)).status, 200);
  } finally {
    over.abort();
    gateway.child.stdin.end();
    gateway.child.kill('SIGKILL');
    await hostile.stop();
    await good.stop();
  }
});
