// LoRA adapters on real processes of both engines: each request gets the adapter that it names and no other, however many
// run at once and whatever was computed before. The oracle is the text that the scripted model must then recite.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Engine } from '../../operator/engines/engine.ts';
import { chooseEngine } from '../../operator/engines/engines.ts';
import { readGgufHeader } from '../../operator/engines/gguf.ts';
import type { WeightsError } from '../../operator/engines/weights.ts';
import { adapterFixture } from '../fixtures/adapters.ts';
import { type FixtureOptions, ggufFixture } from '../fixtures/gguf.ts';
import { nativeLlamaServer } from '../fixtures/llama-server.ts';
import { seededRandom } from '../fixtures/random.ts';
import { type RunningEngine, startEngine } from './engine-process.ts';

const ROUNDS = process.env['INTRAMUROS_TEST_LONG'] === '1' ? 40 : 4;
const SLOTS = 4;
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz';
/** A model that recites the alphabet, two letters a token. */
const SCRIPT: FixtureOptions = { shape: 'script', answer: ALPHABET };
const STEPS = [2, 3, 5];

/** What is recited where each piece leads `step` pieces further, as far as there are so many. */
function recital(step: number): string {
  const pieces = ALPHABET.match(/../g) ?? [];
  let text = '';
  for (let at = 0; at < pieces.length; at += at + step < pieces.length ? step : 1) text += pieces[at];
  return text;
}

/** How the gateway asks for no adapter. */
const NONE = [{ id: 0, scale: 0 }];

const launched = (paths: readonly string[]) => paths.map((path, at) => ({ name: `a${at}`, path }));

interface Case {
  readonly name: string;
  readonly engine: () => Engine;
  readonly skip: string | false;
}

const native = nativeLlamaServer();
const CASES: readonly Case[] = [
  { name: 'the bundled engine', engine: () => chooseEngine({}), skip: false },
  {
    name: 'a native llama-server',
    engine: () => chooseEngine({ llamaServerPath: 'path' in native ? native.path : undefined }),
    skip: 'path' in native ? false : native.missing,
  },
];

for (const { name, engine: create, skip } of CASES) {
  describe(`adapters on ${name}`, { skip }, () => {
    const paths = STEPS.map((by) => adapterFixture({ base: SCRIPT, kind: 'skip', by }));
    let running: RunningEngine;
    let engine: Engine;
    before(async () => {
      engine = create();
      running = await startEngine(ggufFixture(SCRIPT), { engine, slots: SLOTS, adapters: launched(paths) });
    });
    after(() => running.stop());

    const ask = async (lora?: readonly { id: number; scale: number }[]): Promise<string> => {
      const body = { messages: [{ role: 'user', content: 'recite' }], temperature: 0, ...(lora && { lora }) };
      const { status, json, text } = await running.chat(body);
      assert.equal(status, 200, text);
      return json.choices[0].message.content;
    };

    it('says which it has loaded, by name', async () => {
      const { text } = await running.get(engine.adapters?.path ?? '');
      const loaded = engine.adapters?.loaded(text, launched(paths)) ?? [];
      assert.deepEqual(
        loaded,
        [0, 1, 2].map((id) => ({ name: `a${id}`, id })),
      );
    });

    it('applies none to a request that names none', async () => {
      assert.equal(await ask(), ALPHABET);
      assert.equal(await ask(NONE), ALPHABET);
    });

    for (const [id, step] of STEPS.entries()) {
      it(`applies number ${id} to the request that names it`, async () => {
        assert.equal(await ask([{ id, scale: 1 }]), recital(step));
      });
    }

    it('applies it with the strength that is asked for', async () => {
      assert.equal(await ask([{ id: 0, scale: 0.01 }]), ALPHABET, 'too weak to change a token');
      assert.equal(await ask([{ id: 0, scale: 1 }]), recital(2));
    });

    it('never mixes them: base and three adapters at once, whole and streamed, in any order', async () => {
      const random = seededRandom(7);
      const wanted = [ALPHABET, ...STEPS.map(recital)];
      for (let round = 0; round < ROUNDS; round += 1) {
        const asks = Array.from({ length: SLOTS * 3 }, () => Math.floor(random() * wanted.length));
        const answers = await Promise.all(asks.map((which) => ask(which === 0 ? NONE : [{ id: which - 1, scale: 1 }])));
        assert.deepEqual(
          answers,
          asks.map((which) => wanted[which]),
        );
      }
      const events = await running.stream('/v1/chat/completions', {
        messages: [{ role: 'user', content: 'recite' }],
        temperature: 0,
        lora: [{ id: 1, scale: 1 }],
      });
      assert.equal(events.map((event) => event.choices[0]?.delta.content ?? '').join(''), recital(3));
    });
  });

  describe(`what an adapter computed on ${name}`, { skip }, () => {
    it('is not taken for a prefix by a request with another, nor by one without', async () => {
      const base: FixtureOptions = { shape: 'llama', layers: 3 };
      const paths = [1, 2].map((seed) => adapterFixture({ base, kind: 'random', seed }));
      const prompt = 'the contract of the bank and the law of privacy '.repeat(6);
      const answersOf = async (order: readonly number[]) => {
        const running = await startEngine(ggufFixture(base), { engine: create(), slots: 1, adapters: launched(paths) });
        try {
          const answers: string[] = [];
          for (const which of order) {
            const lora = which === 0 ? NONE : [{ id: which - 1, scale: 1 }];
            const body = { prompt, max_tokens: 12, temperature: 0, seed: 1, lora };
            answers.push((await running.post('/v1/completions', body)).json.choices[0].text);
          }
          return answers;
        } finally {
          await running.stop();
        }
      };
      const [plain] = await answersOf([0]);
      const [first] = await answersOf([1]);
      const [second] = await answersOf([2]);
      assert.equal(new Set([plain, first, second]).size, 3, 'each must answer in its own way');
      assert.deepEqual(await answersOf([0, 1, 2, 0, 2, 1]), [plain, first, second, plain, second, first]);
    });
  });
}

it('an adapter in place of weights is refused before a process is started, with the field that it belongs in', async () => {
  await assert.rejects(readGgufHeader(adapterFixture({ base: SCRIPT, kind: 'skip' })), (error: WeightsError) => {
    assert.equal(error.code, 'unsupported_weights');
    assert.match(error.remedy, /spec\.adapters/);
    return true;
  });
});

describe('the bundled engine', () => {
  it('offers the adapters that it could load, and refuses by number the one that it could not', async () => {
    const good = adapterFixture({ base: SCRIPT, kind: 'skip' });
    const bad = adapterFixture({ base: { ...SCRIPT, answer: 'abcd' }, kind: 'skip', fault: 'no second factor' });
    const adapters = launched([bad, good]);
    const running = await startEngine(ggufFixture(SCRIPT), { slots: 1, adapters });
    try {
      const { text } = await running.get('/lora-adapters');
      assert.deepEqual(chooseEngine({}).adapters?.loaded(text, adapters), [{ name: 'a1', id: 1 }]);
      const ask = (id: number) =>
        running.chat({ messages: [{ role: 'user', content: 'x' }], lora: [{ id, scale: 1 }] });
      const refused = await ask(0);
      assert.equal(refused.status, 400);
      assert.equal(refused.json.error.param, 'lora[0].id');
      assert.equal((await ask(1)).json.choices[0].message.content, recital(2));
      assert.match(running.stderr, /cannot be loaded/);
    } finally {
      await running.stop();
    }
  });

  it('refuses an adapter where none is loaded, more than one, and a strength beyond bounds', async () => {
    const running = await startEngine(ggufFixture(SCRIPT), { slots: 1 });
    try {
      const ask = (lora: unknown) => running.chat({ messages: [{ role: 'user', content: 'x' }], lora });
      assert.match((await ask([{ id: 0, scale: 1 }])).json.error.message, /no adapter is loaded/);
      for (const lora of [
        [{ id: 0, scale: 1e9 }],
        [
          { id: 0, scale: 1 },
          { id: 1, scale: 1 },
        ],
        [{ id: 0.5, scale: 1 }],
      ]) {
        assert.equal((await ask(lora)).status, 400);
      }
      assert.equal((await ask([])).json.choices[0].message.content, ALPHABET);
    } finally {
      await running.stop();
    }
  });
});
