// The kinds of traffic of the soak. Each says which answers are right and why; whatever else comes is unexplained.

import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Answer,
  type Door,
  type Expectation,
  nameOf,
  newReport,
  type OutcomeLog,
  outcomeOf,
  readSlowly,
  send,
} from './client.ts';

export interface TrafficParts {
  readonly door: Door;
  readonly key: string;
  readonly outcomes: OutcomeLog;
}

export interface Kind {
  readonly name: string;
  /** How often beside the others. */
  readonly weight: number;
  run(parts: TrafficParts): Promise<void>;
}

const BUNDLED = 'clinical-extraction';
/** The second model: its context and its policy change under way. */
const CHANGING = 'soak';
const OK: Expectation = { outcome: '200', because: '' };
/** Until a change has reached the gateway. */
const SETTLED_MS = 30_000;
const BLOCKED: Expectation = { outcome: '400 content_blocked', because: 'the policy of this moment blocks e-mail' };

function chat(fields: object = {}): string {
  const messages = [{ role: 'user', content: newReport() }];
  return JSON.stringify({ model: BUNDLED, max_tokens: 12, response_format: { type: 'text' }, messages, ...fields });
}

async function ask({ door, key, outcomes }: TrafficParts, kind: string, body: string, expected: Expectation[]) {
  const answer = await send(`${door.gateway}/v1/chat/completions`, key, body);
  outcomes.add(kind, answer.outcome, expected);
  return answer;
}

function isWholeStream({ outcome, text }: Answer): string {
  if (outcome !== '200') return outcome;
  return text.includes('"error"') ? 'error in the stream' : text.endsWith('data: [DONE]\n\n') ? '200' : 'half a stream';
}

const whole: Kind = {
  name: 'whole',
  weight: 20,
  run: async (parts) => void (await ask(parts, 'whole', chat(), [OK])),
};

const stream: Kind = {
  name: 'stream',
  weight: 20,
  async run({ door, key, outcomes }) {
    const answer = await send(`${door.gateway}/v1/chat/completions`, key, chat({ stream: true, max_tokens: 24 }));
    outcomes.add('stream', isWholeStream(answer), [OK]);
  },
};

const completion: Kind = {
  name: 'completion',
  weight: 5,
  async run({ door, key, outcomes }) {
    const body = JSON.stringify({ model: BUNDLED, prompt: newReport(), max_tokens: 8 });
    outcomes.add('completion', (await send(`${door.gateway}/v1/completions`, key, body)).outcome, [OK]);
  },
};

/** Leaves: before the answer, or inside it. */
const abort: Kind = {
  name: 'abort',
  weight: 15,
  async run({ door, key, outcomes }) {
    const leave = new AbortController();
    const left: Expectation = { outcome: 'AbortError', because: 'the client left' };
    const early = randomInt(2) === 0;
    if (early) setTimeout(() => leave.abort(), randomInt(1, 60));
    let outcome = 'whole before it was left';
    try {
      const response = await fetch(`${door.gateway}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: chat({ stream: true, max_tokens: 200 }),
        signal: leave.signal,
      });
      if (!response.ok) outcome = outcomeOf(response.status, await response.text());
      for await (const _piece of response.body ?? []) leave.abort();
    } catch (error) {
      outcome = nameOf(error);
    }
    const short = { outcome: 'whole before it was left', because: 'the answer was short' };
    outcomes.add('abort', outcome, [left, short]);
  },
};

const slowReader: Kind = {
  name: 'slow reader',
  weight: 4,
  async run({ door, key, outcomes }) {
    const url = `${door.gateway}/v1/chat/completions`;
    const body = chat({ stream: true, max_tokens: 40 });
    const answer = await readSlowly({ url, bearer: key, body, pauseMs: 400 });
    outcomes.add('slow reader', isWholeStream(answer), [OK]);
  },
};

const BAD_BODIES: readonly (readonly [body: () => string, outcome: string])[] = [
  [() => '{"model":', '400 invalid_json'],
  [() => chat({ surprise: newReport() }), '400 unknown_field'],
  [() => chat({ max_tokens: -1 }), '400 invalid_field'],
  [() => JSON.stringify({ model: BUNDLED }), '400 missing_field'],
  [() => `{"model":${'['.repeat(2000)}${']'.repeat(2000)}}`, '400 too_deep'],
  [() => chat({ user: 'x'.repeat(4_400_000) }), '413 body_too_large'],
  [() => chat({ model: `nobody-${randomInt(1e6)}` }), '404 model_not_found'],
  [
    () => chat({ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:' } }] }] }),
    '400 unsupported_content',
  ],
  [() => `{"__proto__":{"model":"x"},${chat().slice(1)}`, '400 unknown_field'],
];

const badBody: Kind = {
  name: 'bad body',
  weight: 14,
  async run(parts) {
    const [body, outcome] = BAD_BODIES[randomInt(BAD_BODIES.length)] ?? [chat, ''];
    await ask(parts, 'bad body', body(), [{ outcome, because: 'this is the answer to such a body' }]);
  },
};

const stranger: Kind = {
  name: 'stranger',
  weight: 4,
  async run({ door, outcomes }) {
    const answer = await send(`${door.gateway}/v1/chat/completions`, 'im_AAAAAAAA_nobody', chat());
    outcomes.add('stranger', answer.outcome, [{ outcome: '401 invalid_api_key', because: 'nobody has this key' }]);
  },
};

const asAdmin = async ({ door }: TrafficParts, method: string, path: string, body?: object): Promise<Answer> => {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return send(`${door.admin}/api/v1${path}`, door.token, text, { method });
};

/** Asks again until the outcome is the one that the change must bring; the last outcome otherwise. */
async function settles(ask: () => Promise<Answer>, wanted: string): Promise<string> {
  const deadline = performance.now() + SETTLED_MS;
  for (;;) {
    const { outcome } = await ask();
    if (outcome === wanted || performance.now() > deadline) return outcome;
    await sleep(200);
  }
}

const keyChurn: Kind = {
  name: 'key churn',
  weight: 3,
  async run(parts) {
    const { door, outcomes } = parts;
    const made = await asAdmin(parts, 'POST', '/keys', { name: `soak-${randomInt(1e9)}` });
    outcomes.add('key made', made.outcome, [{ outcome: '201', because: '' }]);
    if (made.outcome !== '201') return;
    const { key } = JSON.parse(made.text) as { key: string };
    const list = () => send(`${door.gateway}/v1/models`, key);
    outcomes.add('new key', await settles(list, '200'), [OK]);
    const revoked = await asAdmin(parts, 'DELETE', `/keys/${key.slice(0, 11)}`);
    outcomes.add('key revoked', revoked.outcome, [{ outcome: '204', because: '' }]);
    const gone: Expectation = { outcome: '401 invalid_api_key', because: 'the key was revoked' };
    outcomes.add('revoked key', await settles(list, gone.outcome), [gone]);
  },
};

const POLICY = {
  apiVersion: 'intramuros.dev/v1alpha1',
  kind: 'PrivacyPolicy',
  metadata: { name: 'soak' },
} as const;

export function applyPolicy(parts: TrafficParts, action: string): Promise<Answer> {
  const spec = { default: 'pseudonymise', entities: { EMAIL: action } };
  return asAdmin(parts, 'PUT', '/resources/privacypolicies/soak', { ...POLICY, spec });
}

export function applyModel(parts: TrafficParts, contextTokens: number): Promise<Answer> {
  return asAdmin(parts, 'PUT', `/resources/models/default/${CHANGING}`, {
    apiVersion: 'intramuros.dev/v1alpha1',
    kind: 'Model',
    metadata: { name: CHANGING, namespace: 'default' },
    spec: { source: { uri: `bundled://${BUNDLED}` }, replicas: 1, contextTokens, privacy: { policy: 'soak' } },
  });
}

const policyChange: Kind = {
  name: 'policy change',
  weight: 2,
  async run(parts) {
    const action = ['pseudonymise', 'mask', 'block'][randomInt(3)] ?? 'mask';
    parts.outcomes.add('policy changed', (await applyPolicy(parts, action)).outcome, [OK]);
  },
};

const changingModel: Kind = {
  name: 'changing model',
  weight: 8,
  run: async (parts) => void (await ask(parts, 'changing model', chat({ model: CHANGING }), [OK, BLOCKED])),
};

let lastUpdateMs = Number.NEGATIVE_INFINITY;

/** A new revision rolls out; at most one a minute, each starts an engine. */
const modelUpdate: Kind = {
  name: 'model update',
  weight: 2,
  async run(parts) {
    if (performance.now() - lastUpdateMs < 60_000) return;
    lastUpdateMs = performance.now();
    parts.outcomes.add('model updated', (await applyModel(parts, 1024 + randomInt(64))).outcome, [OK]);
  },
};

const administrator: Kind = {
  name: 'administrator',
  weight: 3,
  async run(parts) {
    const path = ['/resources/models', '/records?limit=20', '/keys', '/models'][randomInt(4)] ?? '/keys';
    parts.outcomes.add('administrator', (await asAdmin(parts, 'GET', path)).outcome, [OK]);
  },
};

export const KINDS: readonly Kind[] = [
  ...[whole, stream, completion, abort, slowReader, badBody, stranger],
  ...[keyChurn, policyChange, changingModel, modelUpdate, administrator],
];

export function nextKind(): Kind {
  let dice = Math.random() * KINDS.reduce((sum, { weight }) => sum + weight, 0);
  for (const kind of KINDS) {
    dice -= kind.weight;
    if (dice < 0) return kind;
  }
  return whole;
}
