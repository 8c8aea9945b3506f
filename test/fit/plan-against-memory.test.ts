// The plan against the kernel: what the engine's process really takes for each shape of model, and how it grows with the
// context. INTRAMUROS_TEST_LONG=1 measures all shapes and contexts and prints the table of docs/reference/measured.md.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { comparisonTable } from './comparison-table.ts';
import { type Comparison, compare, MEASURED_SHAPES, type MeasuredShape } from './measured-shapes.ts';

const LONG = process.env['INTRAMUROS_TEST_LONG'] === '1';
const SHAPES = LONG ? (Object.keys(MEASURED_SHAPES) as MeasuredShape[]) : (['llama', 'rwkv7'] as const);
const CONTEXTS = LONG ? [1024, 4096, 16_384] : [1024, 16_384];
const PROMPT_TOKENS = LONG ? 1900 : 300;

describe('the plan against what the kernel says', { timeout: 30 * 60_000 }, () => {
  const rows: Comparison[] = [];
  after(() => {
    if (LONG) process.stdout.write(`${comparisonTable(rows)}\n`);
  });

  for (const shape of SHAPES) {
    for (const contextTokens of CONTEXTS) {
      it(`${shape} with ${contextTokens} tokens of context: planned within 10 % of measured`, async () => {
        const row = await compare(shape, contextTokens, PROMPT_TOKENS);
        rows.push(row);
        const off = row.plannedBytes / row.measuredBytes - 1;
        assert.ok(Math.abs(off) < 0.1, `${(100 * off).toFixed(1)} % off\n${comparisonTable([row])}`);
      });
    }

    it(`${shape}: grows with the context as planned`, async () => {
      const ends = [CONTEXTS[0] ?? 0, CONTEXTS.at(-1) ?? 0];
      let [least, most] = ends.map((tokens) => rows.find((row) => row.shape === shape && row.contextTokens === tokens));
      assert.ok(least !== undefined && most !== undefined);
      // What else moves in the process (V8's heap, above all) only ever adds: the least of a few measurements is nearest.
      const attempts = shape === 'rwkv7' ? 2 : 0;
      for (let more = 0; more < attempts && !isFlat(least, most); more += 1) {
        [least, most] = [
          lesser(least, await compare(shape, least.contextTokens, PROMPT_TOKENS)),
          lesser(most, await compare(shape, most.contextTokens, PROMPT_TOKENS)),
        ];
      }
      const grown = most.measuredBytes - least.measuredBytes;
      // Where most layers keep a window only, the masks of the batch grow about as fast as the cache: both are planned.
      const windowed = shape === 'gemma3';
      const planned = windowed
        ? most.plannedBytes - least.plannedBytes
        : most.planned.cacheBytes - least.planned.cacheBytes;
      const said = `grew by ${grown >> 20} MiB, planned ${planned >> 20} MiB`;
      if (shape === 'rwkv7') {
        assert.equal(planned, 0);
        assert.ok(isFlat(least, most), said);
      } else assert.ok(Math.abs(grown / planned - 1) < 0.1, said);
    });
  }

  if (LONG) {
    it('a mixture of experts: every expert is in memory, used for a token or not', () => {
      const of = (shape: MeasuredShape) => rows.find((row) => row.shape === shape && row.contextTokens === 1024);
      const [dense, mixture] = [of('llama'), of('mixtral')];
      assert.ok(dense !== undefined && mixture !== undefined);
      // Three matrices of 512 x 1024 for each of 8 layers, in 32 bits: once in the dense model, four times in the mixture.
      const experts = 3 * 512 * 1024 * 8 * 4;
      const more = mixture.measuredBytes - dense.measuredBytes;
      assert.ok(Math.abs(more / (3 * experts) - 1) < 0.1, `${more >> 20} MiB more for three more experts`);
    });
  }
});

/** RWKV's bar: less than 5 % between the least context and the most. */
function isFlat(least: Comparison, most: Comparison): boolean {
  return Math.abs(most.measuredBytes - least.measuredBytes) < 0.05 * least.measuredBytes;
}

function lesser(a: Comparison, b: Comparison): Comparison {
  return a.measuredBytes <= b.measuredBytes ? a : b;
}
