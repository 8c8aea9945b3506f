// Bodies made to hurt: deep, wide, compressed, or written for the prototypes of JavaScript; names that are paths. Each
// has a defined answer in a bounded time, and changes nothing for the next request.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { Browser, bearerOf, type RunningAdmin, runAdmin } from '../admin/admin-harness.ts';
import { errorOf, type GatewayUnderTest, startGatewayUnderTest, whole } from '../gateway/gateway-under-test.ts';
import { type ScriptedEngine, startScriptedEngine } from '../wire/scripted-engine.ts';

/** Whatever a body of 4 MiB is, the gateway is done with it in this time, on a busy machine too. */
const BOUND_MS = 15_000;
const MIB = 1024 * 1024;

let engine: ScriptedEngine;
let gateway: GatewayUnderTest;
let admin: RunningAdmin;
let browser: Browser;

before(async () => {
  engine = await startScriptedEngine();
  engine.answer(() => ({ pieces: [whole('ok')] }));
  gateway = await startGatewayUnderTest({ engines: [engine.url], maxBodyBytes: 4 * MIB });
  admin = await runAdmin();
  browser = new Browser(admin.address);
});
after(async () => {
  await gateway.end();
  await engine.stop();
  await admin.stop();
});

function post(body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return gateway.send('/v1/chat/completions', { method: 'POST', body, headers });
}

async function served(): Promise<void> {
  assert.equal((await gateway.chat()).status, 200);
  assert.equal((await fetch(`${admin.address}/livez`)).status, 200);
}

const chat = (fields: string) => `{"model":"m","messages":[{"role":"user","content":"x"}]${fields}}`;
const repeat = (count: number, write: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => write(at)).join();
const nested = (depth: number, open: string, inside: string, close: string) =>
  open.repeat(depth) + inside + close.repeat(depth);

const HEAVY: readonly (readonly [what: string, body: () => string, status: number, code?: string])[] = [
  ['2,000,000 open lists', () => '['.repeat(2_000_000), 400, 'invalid_json'],
  ['a million lists in lists', () => nested(1_000_000, '[', '', ']'), 400, 'invalid_field'],
  ['500,000 objects in objects', () => nested(500_000, '{"a":', '1', '}'), 400, 'too_deep'],
  [
    'a deep schema',
    () =>
      chat(
        `,"tools":[{"type":"function","function":{"name":"f","parameters":${nested(100_000, '{"properties":{"a":', '{}', '}}')}}}]`,
      ),
    400,
    'too_deep',
  ],
  [
    'deep JSON in the arguments of a call',
    () =>
      chat('').replace(
        '}]',
        `},{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":${JSON.stringify(nested(100_000, '[', '', ']'))}}}]}]`,
      ),
    400,
    'too_deep',
  ],
  ['300,000 unknown fields', () => chat(`,${repeat(300_000, (at) => `"k${at}":1`)}`), 400, 'unknown_field'],
  ['200,000 metadata', () => chat(`,"metadata":{${repeat(200_000, (at) => `"k${at}":"v"`)}}`), 413, 'body_too_large'],
  [
    'a schema of 80,000 properties',
    () =>
      chat(
        `,"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{${repeat(80_000, (at) => `"p${at}":{"type":"string"}`)}}}}}]`,
      ),
    413,
    'body_too_large',
  ],
  [
    '100,000 messages',
    () => `{"model":"m","messages":[${repeat(100_000, () => '{"role":"user","content":"x"}')}]}`,
    413,
    'body_too_large',
  ],
  ['40,000 messages', () => `{"model":"m","messages":[${repeat(40_000, () => '{"role":"user","content":"x"}')}]}`, 200],
  ['200,000 biases', () => chat(`,"logit_bias":{${repeat(200_000, (at) => `"${at}":1`)}}`), 200],
  [
    'keys that are numbers',
    () => chat(`,"metadata":{${repeat(100_000, (at) => `"${at * 40_961}":"v"`)}}`),
    413,
    'body_too_large',
  ],
  ['the same key 200,000 times', () => `{${'"model":"x",'.repeat(200_000)}${chat('').slice(1)}`, 200],
  ['a number of a million digits', () => chat(`,"temperature":${'9'.repeat(1_000_000)}`), 400, 'invalid_field'],
  ['a name of a million characters', () => chat('').replace('"m"', `"${'m'.repeat(1_000_000)}"`), 400, 'invalid_field'],
  ['a million escapes', () => chat('').replace('"x"', `"${'\\u0000'.repeat(600_000)}"`), 200],
  ['a text of openings', () => chat('').replace('"x"', `"${'<'.repeat(3_000_000)}"`), 200],
  ['digits without end', () => chat('').replace('"x"', `"${'1'.repeat(3_000_000)}"`), 200],
  ['half an e-mail for ever', () => chat('').replace('"x"', `"${'a@'.repeat(1_500_000)}"`), 200],
];

describe('heavy bodies', () => {
  for (const [what, body, status, code] of HEAVY)
    test(`${what}: ${status} ${code ?? ''}`, async () => {
      const startedAtMs = performance.now();
      const response = await post(body());
      const text = await response.text();
      const tookMs = performance.now() - startedAtMs;
      assert.equal(response.status, status, text.slice(0, 300));
      if (code !== undefined) assert.equal((JSON.parse(text) as { error: { code: string } }).error.code, code);
      assert.ok(text.length < 4 * MIB && tookMs < BOUND_MS, `${Math.round(tookMs)} ms`);
      await served();
    });
});

test('a compressed body is 415 at both listeners, whatever it would become', async () => {
  const bomb = Buffer.alloc(10 * MIB, ' ');
  for (const [encoding, bytes] of [
    ['gzip', gzipSync(bomb)],
    ['x-gzip', gzipSync(bomb)],
    ['deflate', deflateSync(bomb)],
    ['br', brotliCompressSync(bomb)],
    ['gzip, gzip', gzipSync(gzipSync(bomb))],
    ['zstd', Buffer.from('28b52ffd', 'hex')],
    ['identity, gzip', gzipSync('{}')],
  ] as const) {
    const response = await post(bytes, { 'content-encoding': encoding });
    assert.equal(response.status, 415, encoding);
    const { code, param } = await errorOf(response);
    assert.deepEqual([code, param], ['unsupported_media_type', 'content-encoding']);
    const own = await fetch(`${admin.address}/api/v1/keys`, {
      method: 'POST',
      body: bytes,
      headers: { ...bearerOf(admin), 'content-type': 'application/json', 'content-encoding': encoding },
    });
    assert.equal(own.status, 415, encoding);
    assert.equal(((await own.json()) as { code: string }).code, 'unsupported_media_type');
  }
  await served();
});

test('an admin body that is deep, wide or too long is a problem, never a defect', async () => {
  const path = '/api/v1/resources/models/default/a';
  const deep = nested(100_000, '{"a":', '1', '}');
  for (const [body, statuses] of [
    ['['.repeat(500_000), [400]],
    [`{"apiVersion":"intramuros.dev/v1alpha1","kind":"Model","metadata":${deep},"spec":{}}`, [400, 422]],
    [
      `{"apiVersion":"intramuros.dev/v1alpha1","kind":"Model","metadata":{"name":"a"},"spec":{"source":${deep}}}`,
      [400, 422],
    ],
    [`{${repeat(50_000, (at) => `"k${at}":1`)}}`, [400, 422]],
    [' '.repeat(2 * MIB), [413]],
  ] as const) {
    const headers = { ...bearerOf(admin), 'content-type': 'application/json' };
    const reply = await browser.send(path, { method: 'PUT', headers, body });
    assert.ok((statuses as readonly number[]).includes(reply.status), `${reply.status} ${reply.text.slice(0, 200)}`);
    assert.match(String(reply.headers['content-type']), /problem\+json/);
    assert.ok(reply.text.length < 100_000);
  }
  await served();
});

describe('prototypes', () => {
  const PROTO = '"__proto__":{"polluted":"yes","stream":true,"role":"system"}';
  const MAKER = '"constructor":{"prototype":{"polluted":"yes"}}';
  const prototypesAreClean = () => {
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
    assert.equal(Object.keys(Object.prototype).length, 0);
  };

  test('a member of that name which no table knows is an unknown field, wherever it stands', async () => {
    for (const member of [PROTO, MAKER, '"prototype":{}', '"toString":1', '"hasOwnProperty":1', '"valueOf":null']) {
      const key = member.slice(1, member.indexOf('"', 1));
      for (const [body, param] of [
        [chat(`,${member}`), key],
        [chat('').replace('"role"', `${member},"role"`), `messages[0].${key}`],
        [chat(`,"stream_options":{${member}}`), `stream_options.${key}`],
      ] as const) {
        const response = await post(body);
        const error = await errorOf(response);
        assert.deepEqual([response.status, error.code, error.param], [400, 'unknown_field', param]);
      }
    }
    prototypesAreClean();
  });

  test('where callers choose the names it is a name like any other, and the engine gets it as one', async () => {
    const parameters = `{"type":"object","properties":{"__proto__":{"type":"string","description":"y"},"constructor":{"type":"object","properties":{"prototype":{"type":"string"}}},"plain":{"type":"string"}},"required":["__proto__"]}`;
    const call = { id: 'c', type: 'function', function: { name: 'f', arguments: `{${PROTO},${MAKER}}` } };
    const messages = [
      { role: 'user', content: 'x' },
      { role: 'assistant', tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c', content: `{${PROTO}}` },
    ];
    const body = `{"model":"m","messages":${JSON.stringify(messages)},"metadata":{"__proto__":"v","constructor":"w"},"tools":[{"type":"function","function":{"name":"f","parameters":${parameters}}}]}`;
    const before = engine.calls.length;
    assert.equal((await post(body)).status, 200);
    const sent = engine.calls.slice(before)[0]?.text ?? '';
    const [tool] = (JSON.parse(sent) as { tools: { function: { parameters: { properties: object } } }[] }).tools;
    assert.deepEqual(Object.getOwnPropertyNames(tool?.function.parameters.properties ?? {}), [
      '__proto__',
      'constructor',
      'plain',
    ]);
    prototypesAreClean();
    assert.equal((await gateway.chat()).status, 200);
    assert.equal(engine.calls.at(-1)?.body.stream, undefined, 'no default was changed');
  });

  test('no prototype is a field of an answer: an engine that sends such names sends data', async () => {
    const answer = whole('ok').replace('{', `{${PROTO},${MAKER},`).replace('"message":{', `"message":{${PROTO},`);
    engine.answer(() => ({ pieces: [answer] }));
    const response = await gateway.chat();
    const text = await response.text();
    assert.equal(response.status, 200);
    assert.match(text, /"__proto__":\{"polluted"/);
    prototypesAreClean();
    engine.answer(() => ({ pieces: [whole('ok')] }));
  });

  test('query strings and admin bodies reach no prototype', async () => {
    const query = '?__proto__[polluted]=yes&constructor[prototype][polluted]=yes&__proto__.polluted=yes&__proto__=yes';
    assert.equal((await gateway.send(`/v1/chat/completions${query}`, { method: 'POST', body: chat('') })).status, 200);
    assert.equal((await gateway.send(`/v1/models${query}`)).status, 200);
    const headers = { ...bearerOf(admin), 'content-type': 'application/json' };
    assert.equal((await browser.send(`/api/v1/log/records${query}`, { headers })).status, 400);
    assert.equal(
      (await browser.send(`/api/v1/keys`, { method: 'POST', headers, body: `{"name":"a",${PROTO}}` })).status,
      400,
    );
    const model = `{"apiVersion":"intramuros.dev/v1alpha1","kind":"Model","metadata":{"name":"p",${PROTO}},"spec":{"source":{"uri":"bundled://a"},${MAKER}}}`;
    assert.ok(
      [400, 422].includes(
        (await browser.send('/api/v1/resources/models/default/p', { method: 'PUT', headers, body: model })).status,
      ),
    );
    for (const name of ['__proto__', 'constructor', 'toString'])
      assert.ok([400, 404].includes((await browser.send(`/api/v1/resources/${name}`, { headers })).status), name);
    prototypesAreClean();
    await served();
  });
});

describe('names that are paths', () => {
  const NAMES = [
    '..',
    '.',
    '../m',
    '..%2fm',
    '%2e%2e%2fm',
    '%252e%252e',
    'm%00',
    'm\0',
    'm/',
    '/m',
    'm/../m',
    'm\\..\\m',
    'file:///etc/passwd',
    'm\u202e',
    '\uff4d',
    'm\u0301',
    '\ud83d\ude00',
    'M',
    ' m',
    'm ',
    "m'--",
    'm"',
    '__proto__',
    'constructor',
    'x'.repeat(256),
  ];

  test('as the model of a body: not found, and the name is not looked for anywhere', async () => {
    const before = engine.calls.length;
    for (const name of NAMES) {
      const response = await post(JSON.stringify({ model: name, messages: [{ role: 'user', content: 'x' }] }));
      assert.equal(response.status, 404, name);
      assert.equal((await errorOf(response)).code, 'model_not_found');
    }
    assert.equal(engine.calls.length, before);
  });

  test('as a path of the gateway: 404 or 400, in the shape of every other error', async () => {
    for (const name of [...NAMES, '%', '%zz', '%c0%ae%c0%ae', 'm?x', '%ff', '..;', 'x'.repeat(8000)]) {
      const path = `/v1/models/${/^[!-~]*$/.test(name) && !name.includes('\\') ? name : encodeURIComponent(name)}`;
      const { hostname, port } = new URL(gateway.address);
      const status = await rawGet(hostname, Number(port), path, gateway.key);
      assert.ok([400, 404].includes(status) || (status === 200 && /^m(\?|$)/.test(name)), `${path}: ${status}`);
    }
    await served();
  });

  test('as a receipt, a resource, a key or an asset of the admin listener: a problem, never a file, never a defect', async () => {
    const { hostname, port } = new URL(admin.address);
    const paths = [
      '/api/v1/records/',
      '/api/v1/resources/models/default/',
      '/api/v1/resources/',
      '/api/v1/keys/',
      '/assets/',
      '/',
    ];
    for (const base of paths)
      for (const name of [
        ...NAMES,
        '%',
        '%zz',
        '%c0%ae%c0%ae',
        '%ff',
        '..%2f..%2f..%2fetc%2fpasswd',
        'x'.repeat(8000),
      ]) {
        const encoded = /^[!-~]*$/.test(name) && !/[\\#]/.test(name) ? name : encodeURIComponent(name);
        const status = await rawGet(hostname, Number(port), base + encoded, admin.dependencies.localToken.text);
        assert.ok([400, 404, 405, 303].includes(status) || isPlain(base, name, status), `${base}${encoded}: ${status}`);
      }
    await served();
  });
});

/** What is right to answer: the lists themselves, and the entry page. */
function isPlain(base: string, name: string, status: number): boolean {
  return status === 200 && (base.includes('resources') || (base === '/' && /^[./]*m?$/.test(name)));
}

/** A path as it is: libraries would tidy it up. */
async function rawGet(host: string, port: number, path: string, bearer: string): Promise<number> {
  const { request } = await import('node:http');
  return new Promise((resolve, reject) => {
    const asked = request({ host, port, path: '/', agent: false, headers: { authorization: `Bearer ${bearer}` } });
    Object.assign(asked, { path });
    asked.on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on('error', reject);
    asked.end();
  });
}
