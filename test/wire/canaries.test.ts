import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { endpointFor } from '../../control-plane/wire/endpoint.ts';
import { type GatewayTarget, MODEL, startGatewayTarget } from './gateway-target.ts';
import {
  bodyWith,
  OFFICIAL_REQUESTS,
  type OfficialField,
  type OfficialRequest,
  officialFields,
} from './openai-fields.ts';
import { type PersonalValue, personalValues } from './personal-values.ts';
import { type ScriptedEngine, startScriptedEngine } from './scripted-engine.ts';
import { chatAnswer, embeddingAnswer, says, stream, whole } from './scripts.ts';

const PATHS: Record<string, string> = {
  'chat.completions': '/v1/chat/completions',
  completions: '/v1/completions',
  embeddings: '/v1/embeddings',
};

interface Canary {
  readonly place: string;
  readonly endpoint: string;
  readonly value: PersonalValue;
  readonly body: unknown;
}

const values = personalValues();
let engine: ScriptedEngine;
let gateway: GatewayTarget;

before(async () => {
  engine = await startScriptedEngine();
  engine.answer((call) => {
    if (call.path === PATHS['embeddings']) return whole(embeddingAnswer(call));
    return call.body.stream === true ? stream([]) : whole(chatAnswer([says('x')]));
  });
  gateway = await startGatewayTarget(engine.url);
});
after(async () => {
  await gateway.stop();
  await engine.stop();
});

test('a personal value in any field of the official types never reaches the engine, the records or the log', async (t) => {
  const canaries = [...OFFICIAL_REQUESTS.flatMap(canariesOf), ...strangeCanaries()];
  assert.ok(canaries.length >= 200, `only ${canaries.length} canaries`);
  const seen: string[] = [];
  const stayed: string[] = [];
  let accepted = 0;
  for (const canary of canaries) {
    engine.calls.length = 0;
    const response = await send(canary);
    const upstream = engine.calls.map(({ text }) => text).join('\n');
    if (holds(upstream, canary.value)) seen.push(`${canary.endpoint} ${canary.place} (${canary.value.kind})`);
    if (response.status === 200) {
      accepted += 1;
      // Accepted and not sent on in some form would be a field silently dropped.
      if (!/<[A-Z_]+_\d+[a-z]{2}/.test(upstream)) stayed.push(`${canary.endpoint} ${canary.place}`);
    } else assert.ok([400, 404].includes(response.status), `${canary.place}: ${response.status}`);
  }
  t.diagnostic(
    `${canaries.length} canaries (seed ${values.seed}), ${accepted} accepted, ${seen.length} seen by the engine`,
  );
  assert.deepEqual(seen, []);
  assert.deepEqual(stayed, []);
  assert.ok(accepted >= 100, `only ${accepted} were accepted: the rest proves nothing`);
  const inside = [...gateway.records.map((record) => JSON.stringify(record)), ...gateway.logLines].join('\n');
  assert.ok(gateway.records.length >= canaries.length);
  assert.deepEqual(
    canaries.filter(({ value }) => holds(inside, value)).map(({ place }) => place),
    [],
  );
});

test('the check itself sees a value that is passed on', () => {
  const value = { kind: 'phone', text: '06 12 34 56 78' };
  assert.ok(holds('{"a":"call 06 12 34 56 78"}', value) && holds('0612345678', value) && !holds('06 12 34', value));
});

function canariesOf(request: OfficialRequest): Canary[] {
  return officialFields(request).flatMap((field) => canariesIn(request, field));
}

/** Two values in every field; in free objects as a key too, in free values at several depths. */
function canariesIn(request: OfficialRequest, field: OfficialField): Canary[] {
  const { path, scalars } = field;
  const make = (place: string, value: PersonalValue, given: unknown, key?: string): Canary => ({
    place,
    endpoint: request.endpoint,
    value,
    body: withModel(bodyWith(request, path, given, key), path),
  });
  const made = [values.next(), values.next()].map((value) => make(path, value, value.text));
  if (scalars.has('number')) {
    const card = { kind: 'card', text: values.card() };
    made.push(make(`${path} as a number`, card, Number(card.text)));
  }
  if (path.endsWith('.*')) {
    const value = values.next();
    made.push(make(`${path} as a key`, value, scalars.has('number') ? 1 : 'x', value.text));
  }
  if (scalars.has('unknown')) {
    for (const [shape, wrap] of Object.entries(SHAPES)) {
      const value = values.next();
      made.push(make(`${path} ${shape}`, value, wrap(value.text)));
    }
  }
  if (/arguments$|role=tool\}\.content$/.test(path)) {
    for (const [shape, wrap] of Object.entries(SHAPES)) {
      const value = values.next();
      made.push(make(`${path} ${shape}, as JSON`, value, JSON.stringify({ a: wrap(value.text) })));
      const escaped = values.next();
      made.push(
        make(`${path} ${shape}, as escaped JSON`, escaped, escapeAll(JSON.stringify({ a: wrap(escaped.text) }))),
      );
    }
  }
  return made;
}

const SHAPES: Record<string, (text: string) => unknown> = {
  'in a list': (text) => [['x', text]],
  'as a key inside': (text) => ({ properties: { [text]: { type: 'string' } } }),
  'in an enum': (text) => ({ enum: ['x', text], description: 'x' }),
  'under a keyword of schemas': (text) => ({ type: text }),
  'deep inside': (text) => ({ a: [{ b: { c: [{ d: `mail: ${text}.` }] } }] }),
};

/** What no type foresees. */
function strangeCanaries(): Canary[] {
  const message = { role: 'user', content: 'x' };
  const body = (more: object, first: object = message) => ({ model: MODEL, messages: [first], ...more });
  const strange: [string, (text: string) => unknown][] = [
    ['an unknown field', (text) => body({ unknown: text })],
    ['the name of an unknown field', (text) => body({ [text]: 1 })],
    ['an unknown field of a message', (text) => body({}, { ...message, unknown: text })],
    ['the name of an unknown field of a message', (text) => body({}, { ...message, [text]: 1 })],
    ['the role of a message', (text) => body({}, { role: text, content: 'x' })],
    ['the type of a part', (text) => body({}, { role: 'user', content: [{ type: text, text }] })],
    ['a duplicate key of arguments', (text) => body({}, callOf(`{"a":${JSON.stringify(text)},"a":"x"}`))],
    ['arguments that are no JSON', (text) => body({}, callOf(`to: ${text}`))],
    ['arguments that are cut', (text) => body({}, callOf(`{"a":"${text}`))],
    ['an engine’s own field', (text) => body({ guided_regex: text })],
    [
      '__proto__',
      (text) => JSON.parse(`{"model":"m","messages":[{"role":"user","content":"x"}],"__proto__":{"user":"${text}"}}`),
    ],
    ['metadata named __proto__', (text) => body({ metadata: JSON.parse(`{"__proto__":${JSON.stringify(text)}}`) })],
  ];
  return strange.map(([place, make]) => {
    const value = values.next();
    return { place, endpoint: 'chat.completions', value, body: make(value.text) };
  });
}

function callOf(args: string): object {
  return {
    role: 'assistant',
    content: null,
    tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: args } }],
  };
}

function withModel(body: unknown, path: string): unknown {
  return path === 'model' ? body : { ...(body as object), model: MODEL };
}

/** Every character of the strings as \u escapes: valid JSON that holds none of its text in clear. */
function escapeAll(json: string): string {
  return json.replace(/"[^"]*"/g, (text) => `"${Array.from(text.slice(1, -1)).map(unicode).join('')}"`);
}

function unicode(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

async function send({ endpoint, body }: Canary): Promise<{ status: number }> {
  const path = PATHS[endpoint] ?? '';
  assert.ok(endpointFor('POST', path));
  const response = await fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  await response.arrayBuffer();
  return response;
}

/** Whether a text holds the value as it is, without its separators, or behind JSON's escapes. */
function holds(haystack: string, { text }: PersonalValue): boolean {
  const bare = text.replace(/[ .-]/g, '');
  const plain = haystack.replace(/\\+u([0-9a-f]{4})/gi, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  return [text, bare].some((needle) => plain.includes(needle));
}
