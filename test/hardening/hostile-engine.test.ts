// An engine that is broken or was captured: whatever bytes it sends, its caller gets a whole answer of the right shape or
// a defined error, every attempt has its outcome on the record, the place is free again, and others are served.

import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import {
  DONE,
  event,
  type GatewayUnderTest,
  startGatewayUnderTest,
  until,
  whole,
} from '../gateway/gateway-under-test.ts';
import { personalValues } from '../wire/personal-values.ts';
import { chunked, type HostileServer, pour, startHostileServer } from './hostile-server.ts';

const JSON_HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';
const SSE_HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';
const END = '0\r\n\r\n';
const MIB = 1024 * 1024;
const BOUNDS = { firstByteMs: 1000, betweenBytesMs: 1000, limits: { answerBytes: 16 * MIB } };

let engine: HostileServer;
let gateway: GatewayUnderTest;

beforeEach(async () => {
  engine = await startHostileServer();
  gateway = await startGatewayUnderTest({ engines: [engine.url], slots: 8, ...BOUNDS });
});
afterEach(async () => {
  await gateway.end();
  await engine.stop();
});

const wholeHead = (bytes: number) => `${JSON_HEAD}Content-Length: ${bytes}\r\n\r\n`;
const sendWhole = (socket: Socket, body: string | Uint8Array, extra = '') => {
  const bytes = Buffer.from(body as string);
  socket.write(`${JSON_HEAD}${extra}Content-Length: ${bytes.length}\r\n\r\n`);
  socket.write(bytes);
};

interface Told {
  readonly status: number;
  readonly code: string | undefined;
  readonly text: string;
}

async function ask(stream: boolean, content = 'x'): Promise<Told> {
  const response = await gateway.chat({ stream, messages: [{ role: 'user', content }] });
  const text = await response.text();
  return { status: response.status, code: /"code":"([a-z_]+)"/.exec(text)?.[1], text };
}

/** Every attempt ended, is recorded, and holds no place. */
async function settled(code: string): Promise<void> {
  await until(() => gateway.records('outcome').length === gateway.records('intent').length, 'an outcome an intent');
  assert.equal(gateway.outcomes().at(-1), code);
  await until(() => gateway.busy() === 0, 'the place');
}

const drip = async (socket: Socket, head: string, piece: string) => {
  socket.write(head);
  while (!socket.destroyed) {
    socket.write(piece);
    await sleep(30);
  }
};

type Script = (socket: Socket) => void | Promise<void>;

describe('a whole answer', () => {
  const FAILS: readonly (readonly [what: string, script: Script, status: number, code: string, outcome: string])[] = [
    [
      'that is longer than it said',
      (s) => void s.write(wholeHead(20) + whole('ok')),
      502,
      'engine_failed',
      'engine_failed',
    ],
    [
      'that is shorter than it said',
      (s) => void s.end(wholeHead(5000) + whole('ok')),
      502,
      'engine_failed',
      'engine_failed',
    ],
    [
      'with two lengths',
      (s) => void s.write(`${JSON_HEAD}Content-Length: 3\r\nContent-Length: 5\r\n\r\n${whole('ok')}`),
      502,
      'engine_failed',
      'engine_failed',
    ],
    [
      'with a length and chunks',
      (s) => void s.write(`${JSON_HEAD}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n${END}`),
      502,
      'engine_failed',
      'engine_failed',
    ],
    [
      'that was compressed unasked',
      (s) => sendWhole(s, gzipSync(whole('ok')), 'Content-Encoding: gzip\r\n'),
      502,
      'engine_failed',
      'engine_failed',
    ],
    [
      'without end',
      (s) => {
        s.write(`${JSON_HEAD}Transfer-Encoding: chunked\r\n\r\n`);
        return pour(s, chunked(' '.repeat(MIB)));
      },
      502,
      'engine_failed',
      'engine_failed',
    ],
    [
      'in one chunk of 2 GB',
      (s) => {
        s.write(`${JSON_HEAD}Transfer-Encoding: chunked\r\n\r\n80000000\r\n`);
        return pour(s, Buffer.alloc(MIB, ' '));
      },
      502,
      'engine_failed',
      'engine_failed',
    ],
    [
      'that drips without end',
      (s) => drip(s, `${JSON_HEAD}Transfer-Encoding: chunked\r\n\r\n`, ''),
      504,
      'engine_timeout',
      'engine_timeout',
    ],
    [
      'of 200,000 levels',
      (s) => sendWhole(s, `{"choices":${'['.repeat(200_000)}${']'.repeat(200_000)}}`),
      502,
      'engine_failed',
      'engine_failed',
    ],
    ['that is no object', (s) => sendWhole(s, '"ok"'), 502, 'engine_failed', 'engine_failed'],
    ['that is null', (s) => sendWhole(s, 'null'), 502, 'engine_failed', 'engine_failed'],
    ['that is HTML', (s) => sendWhole(s, '<html>'), 502, 'engine_failed', 'engine_failed'],
    ['that is empty', (s) => sendWhole(s, ''), 502, 'engine_failed', 'engine_failed'],
    [
      'that sends elsewhere',
      (s) =>
        void s.write('HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n'),
      502,
      'engine_failed',
      'engine_failed',
    ],
    [
      'under a status of its own',
      (s) => void s.write('HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n'),
      502,
      'engine_failed',
      'engine_failed',
    ],
    [
      'that switches protocols',
      (s) => void s.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
      502,
      'engine_failed',
      'engine_failed',
    ],
    ['that is no HTTP', (s) => void s.write('+OK ready\r\n'), 502, 'engine_failed', 'engine_failed'],
    ['that is HTTP/0.9', (s) => void s.end(whole('ok')), 502, 'engine_failed', 'engine_failed'],
    [
      'behind headers without end',
      (s) => {
        s.write('HTTP/1.1 200 OK\r\n');
        return pour(s, `X-A: ${'b'.repeat(1000)}\r\n`);
      },
      502,
      'engine_failed',
      'engine_failed',
    ],
    [
      'behind headers that drip',
      (s) => drip(s, 'HTTP/1.1 200 OK\r\n', 'X: y\r\n'),
      504,
      'engine_timeout',
      'engine_timeout',
    ],
    [
      'behind interim answers without end',
      (s) => drip(s, '', 'HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n'),
      504,
      'engine_timeout',
      'engine_timeout',
    ],
    ['that never comes', () => undefined, 504, 'engine_timeout', 'engine_timeout'],
    [
      'that is an error without end',
      (s) => {
        s.write('HTTP/1.1 400 Bad\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n');
        return pour(s, chunked(' '.repeat(MIB)));
      },
      502,
      'engine_failed',
      'engine_failed',
    ],
    [
      'that is a failure without end',
      (s) => {
        s.write('HTTP/1.1 500 Bad\r\nTransfer-Encoding: chunked\r\n\r\n');
        return pour(s, chunked(' '.repeat(MIB)));
      },
      502,
      'engine_failed',
      'engine_failed',
    ],
    [
      'that is a failure which hangs',
      (s) => void s.write('HTTP/1.1 500 Bad\r\nContent-Length: 100\r\n\r\n'),
      502,
      'engine_failed',
      'engine_failed',
    ],
    [
      'that is "loading" and hangs',
      (s) => void s.write('HTTP/1.1 503 Loading\r\nContent-Length: 100\r\n\r\n'),
      503,
      'model_not_ready',
      'engine_refused',
    ],
  ];
  for (const [what, script, status, code, outcome] of FAILS)
    test(`${what}: ${status} ${code}`, async () => {
      engine.answer(script);
      const startedAtMs = performance.now();
      const told = await ask(false);
      assert.deepEqual([told.status, told.code], [status, code], told.text.slice(0, 300));
      assert.ok(told.text.length < 4000);
      assert.ok(performance.now() - startedAtMs < 15_000);
      await settled(outcome);
      engine.answer((socket) => sendWhole(socket, whole('again')));
      const next = await ask(false);
      assert.equal(next.status, 200, next.text);
      assert.match(next.text, /again/);
      await settled('answered');
    });

  test('a refusal of a megabyte is cut to two thousand characters, and what it quotes of a surrogate is restored', async () => {
    const message = `no: ${'m'.repeat(500_000)}`;
    const body = JSON.stringify({ error: { message, code: 'x'.repeat(1000), type: '__proto__' } });
    engine.answer((s) => void s.write(`HTTP/1.1 400 Bad\r\nContent-Length: ${body.length}\r\n\r\n${body}`));
    const told = await ask(false);
    assert.equal(told.status, 400);
    assert.equal(told.code, 'unsupported_parameter');
    assert.ok(told.text.length < 2500);
    await settled('engine_refused');
  });

  test('an answer before the request was read, trailers, extensions of chunks and odd headers do no harm', async () => {
    const heads = [
      'Set-Cookie: a=b',
      'Location: http://x/',
      'X-Intramuros-Receipt: forged',
      'Access-Control-Allow-Origin: *',
      'Trailer: X-T',
    ];
    engine.answer((s) => {
      const body = chunked(whole('fine')).toString().replace('\r\n', ';ext=1\r\n');
      s.write(
        `${JSON_HEAD}${heads.join('\r\n')}\r\nTransfer-Encoding: chunked\r\n\r\n${body}0\r\nX-T: trailer\r\n\r\n`,
      );
    });
    const response = await gateway.chat();
    assert.equal(response.status, 200);
    for (const name of ['set-cookie', 'location', 'access-control-allow-origin', 'trailer', 'x-t'])
      assert.equal(response.headers.get(name), null, name);
    assert.equal(response.headers.get('x-intramuros-receipt'), gateway.records('intent').at(-1)?.receipt);
    assert.match(await response.text(), /fine/);
    await settled('answered');
  });

  test('bytes that are no UTF-8 become U+FFFD, and the answer stays JSON', async () => {
    engine.answer((s) => sendWhole(s, Buffer.from(whole('a\u0001b').replace('\\u0001', '\xff\xfe'), 'latin1')));
    const told = await ask(false);
    assert.equal(told.status, 200);
    const { choices } = JSON.parse(told.text) as { choices: { message: { content: string } }[] };
    assert.equal(choices[0]?.message.content, 'a\ufffd\ufffdb');
  });

  test('a second answer behind the first is nobody’s: the next caller gets their own', async () => {
    engine.answer((s) => {
      const [mine, other] = [whole('first'), whole('smuggled')];
      s.write(`${wholeHead(mine.length)}${mine}${wholeHead(other.length)}${other}`);
    });
    assert.match((await ask(false)).text, /first/);
    engine.answer((s) => sendWhole(s, whole('second')));
    for (let round = 0; round < 3; round += 1) assert.doesNotMatch((await ask(false)).text, /smuggled/);
    await settled('answered');
  });
});

describe('a stream', () => {
  const BROKEN: readonly (readonly [what: string, script: Script, code: string])[] = [
    [
      'without end',
      (s) => {
        s.write(SSE_HEAD);
        return pour(s, chunked(event('x'.repeat(200_000))));
      },
      'engine_failed',
    ],
    ['of comments without end', (s) => drip(s, SSE_HEAD, chunked(': ping\n\n').toString()), 'engine_timeout'],
    ['of empty lines without end', (s) => drip(s, SSE_HEAD, chunked('\n\n').toString()), 'engine_timeout'],
    [
      'of comments after its beginning',
      (s) => {
        s.write(SSE_HEAD);
        s.write(chunked(event('begun')));
        return drip(s, '', chunked(': ping\n\n').toString());
      },
      'engine_timeout',
    ],
    [
      'of one event without end',
      (s) => {
        s.write(SSE_HEAD);
        s.write(chunked('data: "'));
        return pour(s, chunked('x'.repeat(MIB)));
      },
      'engine_failed',
    ],
    [
      'of one line of nothing',
      (s) => {
        s.write(SSE_HEAD);
        return pour(s, chunked('x'.repeat(MIB)));
      },
      'engine_failed',
    ],
    [
      'of what is not JSON',
      (s) => void s.write(SSE_HEAD + chunked('data: {"choices":[\n\n').toString()),
      'engine_failed',
    ],
    [
      'of deep JSON',
      (s) =>
        void s.write(
          SSE_HEAD + chunked(`data: {"choices":${'['.repeat(100_000)}${']'.repeat(100_000)}}\n\n`).toString(),
        ),
      'engine_failed',
    ],
    [
      'that was compressed',
      (s) => void s.write(SSE_HEAD + chunked(gzipSync(event('x') + DONE)).toString('latin1') + END, 'latin1'),
      'engine_failed',
    ],
    [
      'that ends without [DONE]',
      (s) => void s.write(SSE_HEAD + chunked(event('half')).toString() + END),
      'engine_failed',
    ],
    [
      'whose chunks are broken',
      (s) => void s.write(`${SSE_HEAD}${chunked(event('half')).toString()}zz\r\n`),
      'engine_failed',
    ],
    ['that is not one', (s) => sendWhole(s, whole('ok')), 'engine_failed'],
  ];
  for (const [what, script, code] of BROKEN)
    test(`${what}: an error ${code}, and no [DONE]`, async () => {
      engine.answer(script);
      const told = await ask(true);
      assert.equal(told.code, code, told.text.slice(-300));
      assert.doesNotMatch(told.text, /\[DONE\]/);
      await settled(code);
      engine.answer((s) => void s.write(SSE_HEAD + chunked(event('again') + DONE).toString() + END));
      assert.match((await ask(true)).text, /again.*\[DONE\]\n\n$/s);
      await settled('answered');
    });

  test('what follows [DONE] reaches nobody', async () => {
    engine.answer((s) => {
      s.write(SSE_HEAD + chunked(event('all') + DONE + event('more') + DONE).toString());
      return pour(s, chunked(event('more')));
    });
    const told = await ask(true);
    assert.match(told.text, /all.*\[DONE\]\n\n$/s);
    assert.doesNotMatch(told.text, /more/);
    await settled('answered');
  });

  test('no text, name or field of an event can begin another one', async () => {
    const evil = 'a\n\ndata: [DONE]\n\nevent: error\ndata: {"error":{}}\n\r\u2028\u0085\0';
    const chunk = {
      id: evil,
      object: evil,
      model: evil,
      [evil]: evil,
      choices: [{ index: 0, delta: { content: evil, [evil]: evil } }],
    };
    engine.answer((s) => {
      const framed = `id: ${evil.slice(0, 1)}\nevent: message\nretry: 1\nx-${'y'.repeat(50)}: z\ndata: ${JSON.stringify(chunk)}\n\n`;
      s.write(SSE_HEAD + chunked(framed + DONE).toString() + END);
    });
    const told = await ask(true);
    const events = told.text.split('\n\n').filter((part) => part !== '');
    assert.equal(events.length, 2);
    assert.equal(events[1], 'data: [DONE]');
    assert.match(events[0] ?? '', /^data: \{/);
    assert.deepEqual(JSON.parse((events[0] ?? '').slice(6)), chunk);
    await settled('answered');
  });

  test('data in several lines is one event, and its line ends are gone', async () => {
    engine.answer((s) => {
      const lines = JSON.stringify({ choices: [{ index: 0, delta: { content: 'x' } }] }, null, 1).split('\n');
      s.write(
        SSE_HEAD + chunked(`${lines.map((line) => `data: ${line}`).join('\r\n')}\r\n\r\n${DONE}`).toString() + END,
      );
    });
    const told = await ask(true);
    assert.equal(told.text.split('\n\n').length, 3);
    assert.match(told.text, /^data: \{.*"content":"x".*\}\n\ndata: \[DONE\]\n\n$/);
  });

  test('members named for prototypes are data, and indices of all kinds make no mess', async () => {
    const odd = ['__proto__', 'constructor', -1, 1e9, 0.5, null, {}, '0'];
    engine.answer((s) => {
      const chunks = odd.map(
        (index) =>
          `data: {"choices":[{"index":${JSON.stringify(index)},"delta":{"content":"x","__proto__":{"polluted":1}},"__proto__":{"polluted":1}}],"__proto__":{"polluted":1}}\n\n`,
      );
      s.write(SSE_HEAD + chunked(chunks.join('') + DONE).toString() + END);
    });
    const told = await ask(true);
    assert.match(told.text, /\[DONE\]\n\n$/);
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
    await settled('answered');
  });

  test('surrogates that are not of this request stay as they are, whoever’s they are', async () => {
    const value = personalValues().email();
    let seen = '';
    engine.answer((s) => {
      s.write(SSE_HEAD + chunked(event('<EMAIL_1zz> <EMAIL_2aa> <PERSON_1qx:f>') + DONE).toString() + END);
    });
    const told = await ask(true, `Écris à ${value}.`);
    seen = told.text;
    assert.match(seen, /<EMAIL_1zz> <EMAIL_2aa> <PERSON_1qx:f>/);
    assert.ok(!seen.includes(value), 'a forged surrogate brings no value');
    await settled('answered');
  });
});

test('engines that keep twenty callers waiting for ever keep nobody else from another model’s answer', async () => {
  engine.answer(() => undefined);
  const stuck = Array.from({ length: 8 }, () => ask(false));
  await until(() => gateway.busy() === 8, 'eight that wait');
  const good = await startHostileServer();
  good.answer((socket) => sendWhole(socket, whole('fine')));
  gateway.setModel({ engines: [engine.url, good.url], slots: 8 });
  const told = await ask(false);
  assert.equal(told.status, 200);
  for (const each of await Promise.all(stuck)) assert.equal(each.status, 504);
  await good.stop();
});
