// Requests that no HTTP library would send, at both listeners: heads that two programs in a row may read in two ways
// (request smuggling), floods, other protocols. Each has one answer, and the listener serves the next one.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type RunningAdmin, runAdmin } from '../admin/admin-harness.ts';
import { type GatewayUnderTest, startGatewayUnderTest, whole } from '../gateway/gateway-under-test.ts';
import { type ScriptedEngine, startScriptedEngine } from '../wire/scripted-engine.ts';
import { codeIn, exchange } from './raw-client.ts';

interface Door {
  readonly address: string;
  /** A head that is in order up to here: request line, host, credential. */
  readonly head: string;
  readonly body: string;
  /** Answers to a plain request with that body. */
  readonly plain: number;
  /** The path alone. */
  readonly path: string;
}

type Attack = readonly [
  name: string,
  send: (door: Door) => string,
  status: number,
  code: string | undefined,
  /** Whether the connection ends: nobody knows where the next request begins. */
  closes: boolean,
];

const length = ({ body }: Door) => `Content-Length: ${Buffer.byteLength(body)}\r\n`;
const chunked = ({ body }: Door) => `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n0\r\n\r\n`;
const without = (head: string, name: string) =>
  head
    .split('\r\n')
    .filter((line) => !line.toLowerCase().startsWith(`${name}:`))
    .join('\r\n');
const BAD = [400, 'invalid_field', true] as const;
const UNREAD = [415, 'unsupported_media_type', true] as const;

const ATTACKS: readonly Attack[] = [
  ['both lengths, CL.TE', (d) => `${d.head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n5c\r\n`, ...BAD],
  ['both lengths, TE.CL', (d) => `${d.head}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n`, ...BAD],
  ['two lengths that differ', (d) => `${d.head}${length(d)}Content-Length: 3\r\n\r\n${d.body}`, ...BAD],
  ['two lengths that agree', (d) => `${d.head}${length(d)}${length(d)}\r\n${d.body}`, ...BAD],
  ['a list of lengths', (d) => `${d.head}Content-Length: 5, 5\r\n\r\n${d.body}`, ...BAD],
  ['a negative length', (d) => `${d.head}Content-Length: -1\r\n\r\n${d.body}`, ...BAD],
  ['a length with a sign', (d) => `${d.head}Content-Length: +5\r\n\r\n${d.body}`, ...BAD],
  ['a hexadecimal length', (d) => `${d.head}Content-Length: 0x5\r\n\r\n${d.body}`, ...BAD],
  ['a length past 2^64', (d) => `${d.head}Content-Length: 99999999999999999999999\r\n\r\n`, ...BAD],
  ['a chunk size past 2^64', (d) => `${d.head}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n`, ...BAD],
  ['a negative chunk size', (d) => `${d.head}Transfer-Encoding: chunked\r\n\r\n-1\r\n`, ...BAD],
  ['chunks with bare LF', (d) => `${d.head}Transfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n`, ...BAD],
  ['bare LF for line ends', (d) => `${d.head.replaceAll('\r\n', '\n')}\n`, ...BAD],
  ['one bare LF', (d) => `${d.head}X-A: b\n${length(d)}\r\n${d.body}`, ...BAD],
  ['obsolete folding', (d) => `${d.head}X-A: b\r\n c\r\n${length(d)}\r\n${d.body}`, ...BAD],
  ['a space before the colon', (d) => `${d.head}Content-Length : 3\r\n\r\n${d.body}`, ...BAD],
  ['NUL in a value', (d) => `${d.head}X-A: a\0b\r\n${length(d)}\r\n${d.body}`, ...BAD],
  ['a coding under another name', (d) => `${d.head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`, ...UNREAD],
  ['identity as a coding', (d) => `${d.head}Transfer-Encoding: identity\r\n\r\n${d.body}`, ...UNREAD],
  ['a compressed transfer', (d) => `${d.head}Transfer-Encoding: gzip, chunked\r\n\r\n${chunked(d)}`, ...UNREAD],
  ['chunked, then another', (d) => `${d.head}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`, ...BAD],
  ['the credential twice', (d) => `${d.head}Authorization: Bearer im_other\r\n${length(d)}\r\n${d.body}`, ...BAD],
  ['the content type twice', (d) => `${d.head}Content-Type: text/plain\r\n${length(d)}\r\n${d.body}`, ...BAD],
  ['the host twice', (d) => `${d.head}Host: other.example\r\n${length(d)}\r\n${d.body}`, ...BAD],
  ['no host', (d) => `${without(d.head, 'host')}${length(d)}\r\n${d.body}`, ...BAD],
  ['HTTP/0.9', (d) => `GET ${d.path}\r\n\r\n`, ...BAD],
  ['HTTP/2 without asking', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', ...BAD],
  ['a TLS hello', () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', ...BAD],
  ['an unknown method', (d) => `BREW ${d.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`, ...BAD],
  ['the address of another host', () => 'GET http://other.example/livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', ...BAD],
  ['OPTIONS *', () => 'OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', ...BAD],
  [
    'CONNECT',
    () => 'CONNECT other.example:443 HTTP/1.1\r\nHost: other.example\r\n\r\n',
    405,
    'method_not_allowed',
    true,
  ],
  ['a long header', (d) => `${d.head}X-A: ${'a'.repeat(17_000)}\r\n\r\n`, 431, 'headers_too_large', true],
  ['many headers', (d) => `${d.head}${'X-Flood: 1\r\n'.repeat(3000)}\r\n`, 431, 'headers_too_large', true],
  [
    'a long target',
    () => `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`,
    431,
    'headers_too_large',
    true,
  ],
  ['a long chunk extension', (d) => `${d.head}Transfer-Encoding: chunked\r\n\r\n1;${'e'.repeat(20_000)}\r\n`, ...BAD],
  [
    'a compressed body',
    (d) => `${d.head}Content-Encoding: gzip\r\n${length(d)}\r\n${d.body}`,
    415,
    'unsupported_media_type',
    false,
  ],
  [
    'TRACE',
    (d) => `TRACE ${d.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nSecret: s\r\n\r\n`,
    405,
    'method_not_allowed',
    false,
  ],
];

function listener(name: string, open: () => Promise<Door>, close: () => Promise<void>): void {
  describe(`at the ${name} listener`, () => {
    let door: Door;
    before(async () => {
      door = await open();
    });
    after(close);

    for (const [attack, send, status, code, closes] of ATTACKS)
      it(`${attack}: ${status} ${code ?? ''}`, async () => {
        const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';
        const reply = await exchange(
          door.address,
          [Buffer.from(send(door) + (closes ? smuggled : ''), 'latin1')],
          closes ? {} : { answers: 1 },
        );
        assert.deepEqual(reply.statuses, [status], reply.text.slice(0, 400));
        assert.equal(codeIn(reply), code);
        assert.equal(reply.closed, closes, 'whether the connection ends');
        assert.doesNotMatch(reply.text, /smuggled|Secret/);
        const next = await exchange(door.address, [`${door.head}${length(door)}\r\n${door.body}`], { answers: 1 });
        assert.deepEqual(next.statuses, [door.plain]);
      });

    it('an expectation that nobody knows is passed over, 100-continue is met', async () => {
      for (const [expectation, statuses] of [
        ['bananas', [door.plain]],
        ['100-continue', [100, door.plain]],
      ] as const) {
        const request = `${door.head}Expect: ${expectation}\r\n${length(door)}\r\n${door.body}`;
        const { length: answers } = statuses;
        assert.deepEqual((await exchange(door.address, [request], { answers })).statuses, statuses);
      }
    });

    it('an upgrade is not taken up: the request is answered as what it is', async () => {
      for (const upgrade of ['websocket', 'h2c']) {
        const ask = `Connection: Upgrade\r\nUpgrade: ${upgrade}\r\nSec-WebSocket-Version: 13\r\n`;
        const reply = await exchange(door.address, [`${door.head}${ask}${length(door)}\r\n${door.body}`], {
          answers: 1,
        });
        assert.deepEqual(reply.statuses, [door.plain]);
      }
    });

    it('300 requests in one write are answered in order, and a broken one among them ends the line', async () => {
      const live = 'GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';
      const nowhere = 'GET /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';
      const many = await exchange(door.address, [(live + nowhere).repeat(150)], { answers: 300 });
      assert.equal(many.statuses.length, 300);
      const [, missing = 0] = many.statuses;
      assert.ok(many.statuses.every((status, at) => status === (at % 2 === 0 ? 200 : missing)));
      const broken = await exchange(door.address, [`${live}${live}Content-Length\r\n\r\n${live}`]);
      // What was not answered yet when the line broke goes with it.
      assert.ok(['200', '200,200', '200,200,400'].includes(broken.statuses.join()), broken.statuses.join());
      assert.ok(broken.closed);
    });
  });
}

let engine: ScriptedEngine;
let gateway: GatewayUnderTest;
listener(
  'gateway',
  async () => {
    engine = await startScriptedEngine();
    engine.answer(() => ({ pieces: [whole('ok')] }));
    gateway = await startGatewayUnderTest({ engines: [engine.url] });
    const path = '/v1/chat/completions';
    return {
      address: gateway.address,
      path,
      head: `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAuthorization: Bearer ${gateway.key}\r\n`,
      body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x' }] }),
      plain: 200,
    };
  },
  async () => {
    // What was refused is on the record, and nothing of it went to an engine.
    const codes = new Set(gateway.records('refusal').map(({ outcome }) => (outcome as { code: string }).code));
    for (const code of ['invalid_field', 'headers_too_large', 'unsupported_media_type', 'method_not_allowed'])
      assert.ok(codes.has(code), `a refusal ${code} is on the record`);
    assert.equal(engine.calls.length, gateway.records('intent').length);
    await gateway.end();
    await engine.stop();
  },
);

let admin: RunningAdmin;
listener(
  'admin',
  async () => {
    admin = await runAdmin();
    const path = '/api/v1/keys';
    return {
      address: admin.address,
      path,
      head: `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAuthorization: Bearer ${admin.dependencies.localToken.text}\r\n`,
      body: '{"name":"app"}',
      plain: 201,
    };
  },
  () => admin.stop(),
);
