import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LlamaContext } from 'node-llama-cpp';
import { Adapters, adapterKey, type Lora } from './adapters.ts';

/** A context that only remembers what it was last set to, and refuses files whose name says so. */
function fakeContext() {
  const state = { current: '', switches: 0, broken: false };
  const context = {
    async _setLoras(list: readonly { filePath: string; scale: number }[]) {
      await new Promise((resolve) => setImmediate(resolve));
      if (state.broken || list.some(({ filePath }) => filePath.startsWith('bad'))) throw new Error('cannot be set');
      state.current = list.map(({ filePath, scale }) => `${filePath} ${scale}`).join();
      state.switches += 1;
    },
  };
  return { context: context as unknown as LlamaContext, state };
}

const lora = (id: number, scale = 1): Lora => ({ id, scale });
const wanted = (which: Lora | undefined, files: readonly string[]) =>
  which === undefined ? '' : `${files[which.id]} ${which.scale}`;

test('no step is computed with another adapter, and steps of the same one share a turn', async () => {
  const files = ['a', 'b'];
  const { context, state } = fakeContext();
  const adapters = await Adapters.load(context, files, () => undefined);
  assert.equal(state.current, '', 'none is applied by itself');
  let together = 0;
  let most = 0;
  const step = (which: Lora | undefined) =>
    adapters.turn(which, async () => {
      together += 1;
      most = Math.max(most, together);
      for (let pause = 0; pause < 3; pause += 1) {
        assert.equal(state.current, wanted(which, files));
        await new Promise((resolve) => setImmediate(resolve));
      }
      together -= 1;
    });
  const request = async (which: Lora | undefined) => {
    for (let token = 0; token < 20; token += 1) await step(which);
  };
  const before = state.switches;
  const kinds = [undefined, lora(0), lora(1), lora(0, 0.5)];
  await Promise.all(kinds.flatMap((kind) => [request(kind), request(kind)]));
  assert.equal(most, 2, 'the two requests of one kind compute together');
  // Each round of the four kinds takes four switches; twenty rounds and a little at the ends.
  assert.ok(state.switches - before <= 20 * kinds.length + 2 * kinds.length, `${state.switches - before} switches`);
});

test('whoever comes while another waits does not overtake it', async () => {
  const { context } = fakeContext();
  const adapters = await Adapters.load(context, ['a'], () => undefined);
  const order: string[] = [];
  const hold = (name: string, which: Lora | undefined) =>
    adapters.turn(which, async () => {
      order.push(name);
      for (let pause = 0; pause < 5; pause += 1) await new Promise((resolve) => setImmediate(resolve));
    });
  await Promise.all([hold('plain', undefined), hold('adapted', lora(0)), hold('plain again', undefined)]);
  assert.deepEqual(order, ['plain', 'adapted', 'plain again']);
});

test('an adapter that cannot be loaded is told and not offered; the others are', async () => {
  const { context } = fakeContext();
  const failed: string[] = [];
  const adapters = await Adapters.load(context, ['bad', 'good'], (file) => failed.push(file));
  assert.deepEqual(failed, ['bad']);
  assert.deepEqual(adapters.list(), [{ id: 1, path: 'good', scale: 0 }]);
  adapters.check(undefined);
  adapters.check(lora(1));
  for (const id of [0, 2]) assert.throws(() => adapters.check(lora(id)), { param: 'lora[0].id' });
});

test('a switch that fails refuses those who wait for it and nobody else', async () => {
  const { context, state } = fakeContext();
  const adapters = await Adapters.load(context, ['a'], () => undefined);
  state.broken = true;
  await assert.rejects(
    adapters.turn(lora(0), async () => undefined),
    /cannot be set/,
  );
  state.broken = false;
  assert.equal(await adapters.turn(undefined, async () => state.current), '');
  assert.equal(await adapters.turn(lora(0), async () => state.current), 'a 1');
});

test('a step that throws gives its turn back', async () => {
  const { context, state } = fakeContext();
  const adapters = await Adapters.load(context, ['a'], () => undefined);
  const failing = adapters.turn(undefined, () => Promise.reject(new Error('aborted')));
  await assert.rejects(failing, /aborted/);
  assert.equal(await adapters.turn(lora(0), async () => state.current), 'a 1');
});

test('a library without the call leaves the model without adapters', async () => {
  const failed: string[] = [];
  const adapters = await Adapters.load({} as LlamaContext, ['a'], (file) => failed.push(file));
  assert.deepEqual([failed, adapters.list()], [['a'], []]);
});

test('what was computed may be shared only under the same adapter and strength', () => {
  const keys = [undefined, lora(0), lora(0, 0.5), lora(1)].map(adapterKey);
  assert.equal(new Set(keys).size, keys.length);
});
