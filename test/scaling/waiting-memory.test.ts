// What 2,000 waiting requests cost the gateway: its memory in a process of its own, before and while they wait.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CHAT, DONE, event, SSE } from '../gateway/gateway-under-test.ts';
import { startScriptedEngine } from '../wire/scripted-engine.ts';

const PROGRAM = fileURLToPath(new URL('./waiting-gateway.ts', import.meta.url));
const WAITING = 2000;
const MOST_BYTES = 150 * 2 ** 20;

interface Told {
  readonly waiting: number;
  readonly rssBytes: number;
}

async function startGateway() {
  const child = spawn(process.execPath, ['--expose-gc', PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const read = async <T>() => JSON.parse(String((await lines.next()).value)) as T;
  const { address, key } = await read<{ address: string; key: string }>();
  return {
    port: Number(new URL(address).port),
    key,
    async ask(line: string): Promise<Told> {
      child.stdin.write(`${line}\n`);
      return read<Told>();
    },
    async end() {
      child.stdin.end();
      await new Promise((resolve) => child.once('exit', resolve));
    },
  };
}

/** A streamed request on a connection of its own, and what came back. */
function request(port: number, key: string): { socket: Socket; text: () => string } {
  const body = JSON.stringify({ ...CHAT, stream: true, messages: [{ role: 'user', content: 'x'.repeat(1024) }] });
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  return { socket, text: () => text };
}

async function until<T>(ask: () => Promise<T | undefined> | T | undefined, what: string): Promise<T> {
  const deadline = performance.now() + 120_000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    assert.ok(performance.now() < deadline, `not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

test(`${WAITING} requests that wait cost the gateway less than 150 MB, and every one of them is answered`, async (t) => {
  const engine = await startScriptedEngine();
  engine.answer(() => ({ headers: SSE, pieces: [event('done'), DONE] }));
  const gateway = await startGateway();
  const sockets: { socket: Socket; text: () => string }[] = [];
  try {
    const before = await gateway.ask('collect');
    for (let at = 0; at < WAITING; at += 1) sockets.push(request(gateway.port, gateway.key));
    const all = async () => {
      const told = await gateway.ask('');
      return told.waiting === WAITING ? told : undefined;
    };
    await until(all, 'all to wait');
    // Comments go out meanwhile: they must not pile up either.
    await until(() => (sockets.every(({ text }) => text().includes(': waiting')) ? true : undefined), 'the comments');
    const during = await gateway.ask('');
    const grownMiB = Math.round((during.rssBytes - before.rssBytes) / 2 ** 20);
    t.diagnostic(`grown by ${grownMiB} MiB with ${WAITING} waiting, from ${Math.round(before.rssBytes / 2 ** 20)} MiB`);
    assert.equal(during.waiting, WAITING);
    assert.ok(during.rssBytes - before.rssBytes <= MOST_BYTES, `grown by ${grownMiB} MiB`);
    await gateway.ask(`serve ${engine.url}`);
    await until(() => (sockets.every(({ text }) => text().includes('[DONE]')) ? true : undefined), 'the answers');
    assert.equal(engine.calls.length, WAITING);
  } finally {
    for (const { socket } of sockets) socket.destroy();
    await gateway.end();
    await engine.stop();
  }
});
