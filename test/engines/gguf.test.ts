import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';
import { ARCHITECTURES } from '../../operator/engines/architectures.ts';
import { readGgufHeader } from '../../operator/engines/gguf.ts';
import { llamaWorkerEngine } from '../../operator/engines/llama-worker-engine.ts';
import { WeightsError, type WeightsErrorCode } from '../../operator/engines/weights.ts';
import { corruptFixture, ggufFixture, type Shape, truncatedFixture } from '../fixtures/gguf.ts';
import { seededRandom } from '../fixtures/random.ts';

const LONG = process.env['INTRAMUROS_TEST_LONG'] === '1';

async function refused(path: string, code: WeightsErrorCode): Promise<void> {
  await assert.rejects(readGgufHeader(path), (error: unknown) => {
    assert.ok(error instanceof WeightsError, String(error));
    assert.equal(error.code, code, error.message);
    assert.ok(error.remedy !== '' && !error.message.includes(path));
    return true;
  });
}

describe('the facts of a GGUF file', () => {
  it('agree with what the library itself reads, for every shape', async () => {
    const llama = await getLlama({
      gpu: false,
      build: 'never',
      skipDownload: true,
      maxThreads: 1,
      logLevel: LlamaLogLevel.error,
    });
    const shapes: Shape[] = ['llama', 'mistral', 'mixtral', 'rwkv7', 'qwen3', 'gemma2', 'gemma3', 'bert'];
    for (const shape of shapes) {
      const path = ggufFixture({ shape });
      const facts = await readGgufHeader(path);
      const model = await llama.loadModel({ modelPath: path, gpuLayers: 0 });
      assert.equal(facts.architecture, model.fileInfo.metadata.general.architecture);
      assert.equal(facts.contextLength, model.trainContextSize);
      assert.equal(facts.embedding, model.embeddingVectorSize);
      assert.equal(facts.layers, model.fileInsights.totalLayers - 1);
      assert.equal(facts.vocabulary, model.fileInfo.metadata.tokenizer.ggml.tokens.length);
      const elements = (model.fileInfo.fullTensorInfo ?? []).reduce(
        (sum, tensor) => sum + tensor.dimensions.reduce<number>((product, length) => product * Number(length), 1),
        0,
      );
      assert.equal(facts.parameters, elements, shape);
      await model.dispose();
    }
    await llama.dispose();
  });

  it('tell a mixture of experts from what is active of it, and constant state from a growing cache', async () => {
    const mixtral = await readGgufHeader(ggufFixture({ shape: 'mixtral' }));
    assert.deepEqual([mixtral.expertCount, mixtral.expertUsed], [4, 2]);
    // Three matrices of 64 x 128 for each of 2 layers and 2 of the 4 experts sleep.
    assert.equal(mixtral.parameters - mixtral.activeParameters, 3 * 64 * 128 * 2 * 2);
    assert.equal(mixtral.expertBytes, 3 * 64 * 128 * 2 * 4 * 4, 'all experts');
    const rwkv = await readGgufHeader(ggufFixture({ shape: 'rwkv7' }));
    assert.equal(llamaWorkerEngine.memory(rwkv, {}).cacheBytes, 0);
    // For each of 2 layers a 64 x 64 state a head (one head) and two shifted tokens, 32 bits each.
    assert.equal(rwkv.recurrentStateBytes, 2 * (64 * 64 + 2 * 64) * 4);
    const need = (contextTokens: number) => llamaWorkerEngine.memory(rwkv, { contextTokens }).stateBytes;
    assert.equal(need(512), need(65_536));
    const growing = (contextTokens: number) =>
      llamaWorkerEngine.memory(mixtral, { contextTokens, slots: 3 }).cacheBytes;
    // For each of 2 layers 2 heads with 16 elements of key and 16 of value, 16 bits each; four slots of 1024 tokens.
    assert.equal(growing(1024), 4 * 1024 * 2 * 2 * (16 + 16) * 2);
  });
});

describe('files that cannot be used', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gguf-'));
  });
  after(() => rm(folder, { recursive: true }));

  function write(name: string, bytes: Uint8Array): string {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  }

  it('are told apart: missing, a folder, foreign, of another age, truncated', async () => {
    await refused('/nonexistent/x.gguf', 'missing_weights');
    await refused(folder, 'unreadable_weights');
    await refused(write('empty', new Uint8Array()), 'corrupt_weights');
    await refused(write('text', Buffer.from('hello, this is no model at all')), 'corrupt_weights');
    await refused(corruptFixture({ shape: 'llama' }, 4, Buffer.from([1, 0, 0, 0])), 'unsupported_weights');
    await refused(corruptFixture({ shape: 'llama' }, 4, Buffer.from([0, 0, 0, 3])), 'unsupported_weights');
    for (const keep of [0.01, 0.5, 0.9, 0.999])
      await refused(truncatedFixture({ shape: 'llama' }, keep), 'corrupt_weights');
  });

  it('with hostile counts and lengths are refused at once and without memory', async () => {
    const huge = Buffer.from('ffffffffffffff7f', 'hex');
    const many = Buffer.from('ffffffffff010000', 'hex');
    const heapBefore = process.memoryUsage().rss;
    const startedAt = performance.now();
    for (const bytes of [huge, many]) {
      for (const at of [8, 16, 24]) await refused(corruptFixture({ shape: 'llama' }, at, bytes), 'corrupt_weights');
    }
    assert.ok(performance.now() - startedAt < 2000);
    assert.ok(process.memoryUsage().rss - heapBefore < 64 * 2 ** 20);
    // An array of arrays of arrays, each of which claims one element.
    const level = Buffer.concat([Buffer.from([9, 0, 0, 0]), Buffer.from('0100000000000000', 'hex')]);
    const key = Buffer.concat([Buffer.from('0100000000000000', 'hex'), Buffer.from('a')]);
    const head = Buffer.concat([
      Buffer.from('GGUF'),
      Buffer.from([3, 0, 0, 0]),
      Buffer.alloc(8),
      Buffer.from('0100000000000000', 'hex'),
    ]);
    const nested = Buffer.concat([
      head,
      key,
      Buffer.from([9, 0, 0, 0]),
      ...Array.from({ length: 100_000 }, () => level),
    ]);
    await refused(write('nested', nested), 'corrupt_weights');
  });

  it('with any byte of the header changed never cause anything but facts or a WeightsError', async () => {
    const original = readFileSync(ggufFixture({ shape: 'qwen3' }));
    const random = seededRandom(20_261_125);
    const rounds = LONG ? 5000 : 500;
    for (let round = 0; round < rounds; round += 1) {
      const copy = Buffer.from(original);
      for (let change = 0; change < 1 + (round % 4); change += 1)
        copy[Math.floor(random() * 12_000)] = Math.floor(random() * 256);
      try {
        await readGgufHeader(write('changed', copy));
      } catch (error) {
        assert.ok(error instanceof WeightsError, String(error));
      }
    }
  });
});

describe('architectures', () => {
  it('are those of the bundled llama.cpp, less those that work another way', async () => {
    const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, maxThreads: 1 });
    const bindings = (llama as unknown as { _bindings: { getAllArchs(): string[] } })._bindings;
    const known = bindings.getAllArchs().filter((name) => !name.startsWith('('));
    const left = [
      'clip',
      'dflash',
      'dream',
      'eagle3',
      'gemma4-assistant',
      'llada',
      'llada-moe',
      'pockettts',
      'qwen3tts',
      'rnd1',
      't5',
      't5encoder',
      'wavtokenizer-dec',
    ];
    assert.deepEqual([...ARCHITECTURES].toSorted(), known.filter((name) => !left.includes(name)).toSorted());
    await llama.dispose();
  });

  it('unknown ones and parts of a split model are refused before anything starts', async () => {
    const facts = await readGgufHeader(ggufFixture({ shape: 'llama' }));
    assert.deepEqual(llamaWorkerEngine.accepts(facts), { ok: true });
    const unknown = llamaWorkerEngine.accepts({ ...facts, architecture: 'novelarch' });
    assert.ok(!unknown.ok && unknown.reason === 'UnknownArchitecture' && unknown.message.includes('novelarch'));
    const part = llamaWorkerEngine.accepts({ ...facts, splitCount: 3 });
    assert.ok(!part.ok && part.reason === 'UnsupportedFile' && part.message.includes('--merge'));
  });
});
