// Weights files that mean harm: each is refused with the answer defined for it, before any engine is started, whatever
// size or depth it claims; nothing crashes, and neither time nor memory follow what a header says.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { array, asyncProperty, assert as check, integer, record } from 'fast-check';
import { readGgufHeader } from '../../operator/engines/gguf.ts';
import { llamaWorkerEngine } from '../../operator/engines/llama-worker-engine.ts';
import { WeightsError, type WeightsErrorCode } from '../../operator/engines/weights.ts';
import { ggufFixture } from '../fixtures/gguf.ts';
import { GOOD_ENTRIES, GOOD_TENSORS, list, number, rawGguf, string, text, u32, u64, withEntries } from './raw-gguf.ts';

const LONG = process.env['INTRAMUROS_TEST_LONG'] === '1';
/** Of a processor, not of the clock: other tests run beside this one. */
const MAX_CPU_MS = 3000;
const MAX_BYTES = 96 * 2 ** 20;
const DEEP = Buffer.concat([u32(9), u64(1)]);

/** What is wrong with the file, and what must be said of it. */
const HOSTILE: Readonly<Record<string, readonly [bytes: () => Buffer, code: WeightsErrorCode, says: RegExp]>> = {
  'a giant count of tensors': [() => rawGguf({ tensorCount: 2n ** 40n }), 'corrupt_weights', /claims \d+ tensors/],
  'a giant count of entries': [() => rawGguf({ entryCount: 2n ** 40n }), 'corrupt_weights', /metadata entries/],
  'a count beyond all numbers': [
    () => rawGguf({ tensorCount: 2n ** 64n - 1n }),
    'corrupt_weights',
    /beyond all bounds/,
  ],
  'more tensors than there are': [() => rawGguf({ tensorCount: 200_000n }), 'corrupt_weights', /.+/],
  'no tensors at all': [() => rawGguf({ tensors: [] }), 'corrupt_weights', /no weights/],
  'a key longer than the file': [
    () => rawGguf({ entries: [{ key: 'a', type: 8, bytes: u64(2n ** 50n) }] }),
    'corrupt_weights',
    /longer than/,
  ],
  'a list longer than the file': [
    () => rawGguf({ entries: withEntries(list('x', 4, [], 2n ** 50n)) }),
    'corrupt_weights',
    /beyond its end/,
  ],
  'a list of texts that never ends': [
    () => rawGguf({ entries: withEntries(list('x', 8, [], 2n ** 40n)) }),
    'corrupt_weights',
    /claims \d+ elements/,
  ],
  'lists in lists in lists': [
    () => rawGguf({ entries: withEntries({ key: 'x', type: 9, bytes: Buffer.concat(Array(50_000).fill(DEEP)) }) }),
    'corrupt_weights',
    /too deep/,
  ],
  'lists of a hundred thousand lists': [
    () => {
      const inner = Buffer.concat([u32(9), u64(100_000), ...Array(100_000).fill(Buffer.concat([u32(0), u64(0)]))]);
      const outer = Array(2).fill(inner);
      return rawGguf({ entries: withEntries(list('x', 9, outer)) });
    },
    'corrupt_weights',
    /too many elements|claims \d+ elements/,
  ],
  'texts that fill the memory': [
    () => rawGguf({ entries: Array.from({ length: 8 }, (_, at) => string(`x${at}`, 'a'.repeat(4_000_000))) }),
    'corrupt_weights',
    /too large/,
  ],
  'lists that fill the memory': [
    () => {
      const full = Array.from({ length: 4096 }, () => Buffer.from([1]));
      return rawGguf({ entries: Array.from({ length: 300 }, (_, at) => list(`x${at}`, 0, full)) });
    },
    'corrupt_weights',
    /too large/,
  ],
  'a key that is not UTF-8': [
    () => rawGguf({ entries: withEntries({ key: Buffer.from([0x61, 0xff, 0xfe]), type: 4, bytes: u32(1) }) }),
    'corrupt_weights',
    /not UTF-8/,
  ],
  'a tensor whose name is not UTF-8': [
    () => rawGguf({ tensors: [{ name: Buffer.from([0xc3, 0x28]), shape: [32] }] }),
    'corrupt_weights',
    /not UTF-8/,
  ],
  'a key that stands twice': [
    () => rawGguf({ entries: [...GOOD_ENTRIES, number('llama.block_count', 2)] }),
    'corrupt_weights',
    /key stands twice/,
  ],
  'a tensor that stands twice': [
    () => rawGguf({ tensors: [...GOOD_TENSORS, { name: 'output_norm.weight', shape: [32], offset: 512 }] }),
    'corrupt_weights',
    /one name/,
  ],
  'a token that stands twice': [
    () => rawGguf({ entries: withEntries(list('tokenizer.ggml.tokens', 8, ['a', 'b', 'a'].map(text))) }),
    'corrupt_weights',
    /token stands twice/,
  ],
  'an entry of an unknown type': [
    () => rawGguf({ entries: withEntries({ key: 'x', type: 77, bytes: u32(1) }) }),
    'corrupt_weights',
    /unknown type 77/,
  ],
  'a list of an unknown type': [
    () => rawGguf({ entries: withEntries(list('x', 77, [u32(1)])) }),
    'corrupt_weights',
    /77/,
  ],
  'an architecture that is a number': [
    () => rawGguf({ entries: withEntries(number('general.architecture', 1)) }),
    'corrupt_weights',
    /architecture/,
  ],
  'a number that is a text': [
    () => rawGguf({ entries: withEntries(string('llama.block_count', '1')) }),
    'corrupt_weights',
    /block_count in its metadata is no count/,
  ],
  'a number that is no whole one': [
    () => rawGguf({ entries: withEntries({ key: 'llama.embedding_length', type: 6, bytes: u32(0x7fc00000) }) }),
    'corrupt_weights',
    /embedding_length/,
  ],
  'a number below zero': [
    () => rawGguf({ entries: withEntries({ key: 'llama.context_length', type: 5, bytes: u32(0xffffffff) }) }),
    'corrupt_weights',
    /context_length/,
  ],
  'a vocabulary that is a number': [
    () => rawGguf({ entries: withEntries(number('tokenizer.ggml.tokens', 3)) }),
    'corrupt_weights',
    /no list of texts/,
  ],
  'a giant vocabulary': [
    () => rawGguf({ entries: withEntries(list('tokenizer.ggml.tokens', 8, [], 100_000_000)) }),
    'corrupt_weights',
    /vocabulary of 100000000 tokens/,
  ],
  'no layers': [
    () => rawGguf({ entries: withEntries(number('llama.block_count', 0)) }),
    'corrupt_weights',
    /no layers/,
  ],
  'a million layers': [
    () => rawGguf({ entries: withEntries(number('llama.block_count', 1_000_000)) }),
    'corrupt_weights',
    /1000000 layers/,
  ],
  'no width': [
    () => rawGguf({ entries: withEntries(number('llama.embedding_length', 0)) }),
    'corrupt_weights',
    /width/,
  ],
  'a giant width': [
    () => rawGguf({ entries: withEntries(number('llama.embedding_length', 0xffffffff)) }),
    'corrupt_weights',
    /4294967295 as its embedding_length/,
  ],
  'a feed-forward of nothing': [
    () => rawGguf({ entries: withEntries(number('llama.feed_forward_length', 0)) }),
    'corrupt_weights',
    /no feed-forward/,
  ],
  'no heads': [
    () => rawGguf({ entries: withEntries(number('llama.attention.head_count', 0)) }),
    'corrupt_weights',
    /no heads/,
  ],
  'an odd number of dimensions to rotate': [
    () => rawGguf({ entries: withEntries(number('llama.rope.dimension_count', 3)) }),
    'corrupt_weights',
    /rotate 3/,
  ],
  'an epsilon that is no number': [
    () =>
      rawGguf({
        entries: withEntries({ key: 'llama.attention.layer_norm_rms_epsilon', type: 6, bytes: u32(0x7fc00000) }),
      }),
    'corrupt_weights',
    /epsilon in its metadata is no number/,
  ],
  'more experts in use than there are': [
    () => rawGguf({ entries: withEntries(number('llama.expert_count', 2), number('llama.expert_used_count', 3)) }),
    'corrupt_weights',
    /use 3 of 2 experts/,
  ],
  'experts none of which is used': [
    () => rawGguf({ entries: withEntries(number('llama.expert_count', 4), number('llama.expert_used_count', 0)) }),
    'corrupt_weights',
    /use 0 of 4/,
  ],
  'groups of experts that do not divide them': [
    () =>
      rawGguf({
        entries: withEntries(
          number('llama.expert_count', 4),
          number('llama.expert_used_count', 2),
          number('llama.expert_group_count', 3),
        ),
      }),
    'corrupt_weights',
    /3 groups of 4/,
  ],
  'an alignment that is none': [
    () => rawGguf({ entries: withEntries(number('general.alignment', 33)) }),
    'corrupt_weights',
    /power of two/,
  ],
  'a giant alignment': [
    () => rawGguf({ entries: withEntries(number('general.alignment', 2 ** 31)) }),
    'corrupt_weights',
    /power of two/,
  ],
  'tensors that overlap': [
    () => rawGguf({ tensors: [GOOD_TENSORS[0] ?? raise(), { name: 'b', shape: [32], offset: 32 }] }),
    'corrupt_weights',
    /not where/,
  ],
  'a tensor between the alignments': [
    () => rawGguf({ tensors: [GOOD_TENSORS[0] ?? raise(), { name: 'b', shape: [32], offset: 385 }] }),
    'corrupt_weights',
    /not where/,
  ],
  'a tensor beyond the end': [
    () => rawGguf({ tensors: [{ name: 'b', shape: [1_000_000, 1_000_000] }] }),
    'corrupt_weights',
    /beyond its end|truncated/,
  ],
  'a dimension of 0': [
    () => rawGguf({ tensors: [{ name: 'b', shape: [32, 0] }] }),
    'corrupt_weights',
    /dimension of 0/,
  ],
  'five dimensions': [
    () => rawGguf({ tensors: [{ name: 'b', shape: [1, 1, 1, 1, 1] }] }),
    'corrupt_weights',
    /5 dimen/,
  ],
  'four thousand million dimensions': [
    () => rawGguf({ tensors: [{ name: 'b', shape: [32], dimensions: 0xffffffff }] }),
    'corrupt_weights',
    /4294967295 dimensions/,
  ],
  'dimensions whose product overflows': [
    () => rawGguf({ tensors: [{ name: 'b', shape: [2n ** 32n, 2n ** 32n, 2n ** 32n] }] }),
    'corrupt_weights',
    /impossible size/,
  ],
  'dimensions whose product is 0 in 64 bits': [
    () => rawGguf({ tensors: [{ name: 'b', shape: [2n ** 32n, 2n ** 32n] }] }),
    'corrupt_weights',
    /impossible size/,
  ],
  'rows that are no whole blocks': [
    () => rawGguf({ tensors: [{ name: 'b', shape: [33, 32], type: 8 }] }),
    'corrupt_weights',
    /whole number of blocks/,
  ],
  'tensors of an unknown type': [
    () => rawGguf({ tensors: [{ name: 'b', shape: [32], type: 4242 }] }),
    'unsupported_weights',
    /unknown type 4242/,
  ],
  'an adapter in place of a model': [
    () => rawGguf({ entries: withEntries(string('general.type', 'adapter')) }),
    'unsupported_weights',
    /adapter/,
  ],
};

function raise(): never {
  throw new Error('the good header has lost a tensor');
}

describe('a hostile weights file', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'hostile-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  function write(bytes: Uint8Array): string {
    const path = join(folder, 'file.gguf');
    writeFileSync(path, bytes);
    return path;
  }

  it('is told from a good one: the writer of these tests can write that too', async () => {
    const facts = await readGgufHeader(write(rawGguf()));
    assert.deepEqual([facts.architecture, facts.layers, facts.vocabulary, facts.parameters], ['llama', 1, 3, 128]);
  });

  for (const [name, [bytes, code, says]] of Object.entries(HOSTILE)) {
    it(`with ${name} is refused`, async () => {
      const path = write(bytes());
      const memory = process.memoryUsage().rss;
      const cpu = process.cpuUsage();
      await assert.rejects(readGgufHeader(path), (error: unknown) => {
        assert.ok(error instanceof WeightsError, String(error));
        assert.equal(error.code, code);
        assert.match(error.message, says);
        assert.ok(error.remedy !== '' && !error.message.includes(folder));
        return true;
      });
      const { user, system } = process.cpuUsage(cpu);
      assert.ok((user + system) / 1000 < MAX_CPU_MS, 'in time');
      assert.ok(process.memoryUsage().rss - memory < MAX_BYTES, 'in memory');
    });
  }

  it('that is a pipe, a device or a socket does not hold the reader up', async () => {
    const pipe = join(folder, 'pipe.gguf');
    execFileSync('mkfifo', [pipe]);
    for (const path of [pipe, '/dev/zero']) {
      await assert.rejects(readGgufHeader(path), { name: 'WeightsError', code: 'unreadable_weights' });
    }
  });

  it('that is all holes and terabytes long is refused by what it claims', async () => {
    const path = write(rawGguf({ entries: withEntries(list('x', 9, [], 2n ** 33n)) }));
    truncateSync(path, 2 ** 42);
    await assert.rejects(readGgufHeader(path), { name: 'WeightsError', code: 'corrupt_weights' });
    const zeros = write(rawGguf({ entries: withEntries(list('x', 8, [], 8_000_000)) }));
    truncateSync(zeros, 2 ** 42);
    await assert.rejects(readGgufHeader(zeros), { name: 'WeightsError', code: 'corrupt_weights' });
  });

  it('cut at any byte of its header, and at its last, is refused as damaged', async () => {
    for (const shape of LONG ? (['llama', 'rwkv7', 'qwen3', 'bert'] as const) : (['llama'] as const)) {
      const original = readFileSync(ggufFixture({ shape }));
      // The writer puts the data behind the header, padded to 32 bytes; that of the first tensor begins the embedding.
      const header = original.indexOf('output_norm') + 2000;
      const cuts = Array.from({ length: header }, (_, at) => at).filter((at) => LONG || at % 13 === 0);
      const path = write(original);
      for (const at of [original.length - 1, ...cuts.toReversed()]) {
        truncateSync(path, at);
        await assert.rejects(readGgufHeader(path), { name: 'WeightsError', code: 'corrupt_weights' }, `cut at ${at}`);
      }
    }
  });

  it('with any entry, count or shape drawn at random gives facts or a WeightsError, and a plan in finite bytes', async () => {
    const anything = integer({ min: 0, max: 0xffffffff });
    const input = {
      numbers: array(record({ at: integer({ min: 1, max: 4 }), value: anything }), { maxLength: 4 }),
      shapes: array(array(integer({ min: 0, max: 4096 }), { maxLength: 4 }), { maxLength: 3 }),
      experts: anything,
    };
    await check(
      asyncProperty(record(input), async ({ numbers, shapes, experts }) => {
        const entries = [...GOOD_ENTRIES];
        for (const { at, value } of numbers) entries[at] = number(String(entries[at]?.key), value);
        entries.push(number('llama.expert_count', experts), number('llama.attention.sliding_window', experts));
        const tensors = shapes.length === 0 ? GOOD_TENSORS : shapes.map((shape, at) => ({ name: `t${at}`, shape }));
        try {
          const facts = await readGgufHeader(write(rawGguf({ entries, tensors })));
          const { totalBytes } = llamaWorkerEngine.memory(facts, { contextTokens: 4096 });
          assert.ok(Number.isFinite(totalBytes) && totalBytes > 0, String(totalBytes));
        } catch (error) {
          assert.ok(error instanceof WeightsError, String(error));
        }
      }),
      { numRuns: LONG ? 5000 : 500 },
    );
  });
});
