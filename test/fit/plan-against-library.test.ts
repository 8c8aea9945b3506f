// The plan against llama.cpp itself: what the library says that it allocated for cache, state and scratch space, for
// widths, depths, contexts and numbers of slots far apart.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { getLlama, type LlamaContext, LlamaLogLevel } from 'node-llama-cpp';
import { readGgufHeader } from '../../operator/engines/gguf.ts';
import { memoryNeed } from '../../operator/engines/memory.ts';
import { ggufFixture, type Shape } from '../fixtures/gguf.ts';

const LONG = process.env['INTRAMUROS_TEST_LONG'] === '1';
const SHAPES: readonly Shape[] = LONG
  ? ['llama', 'mistral', 'mixtral', 'rwkv7', 'qwen3', 'gemma2', 'gemma3']
  : ['llama', 'mixtral', 'rwkv7', 'gemma2', 'gemma3'];
const BASE = { layers: 3, embedding: 512, heads: 8, kvHeads: 8, feedForward: 1024, context: 16_384 };
const WIDTHS = LONG
  ? [{}, { embedding: 256 }, { feedForward: 256 }, { feedForward: 4096 }, { kvHeads: 2 }, { layers: 6 }]
  : [{ layers: 6 }];
const CONTEXTS = [
  { contextTokens: 1024, slots: 2 },
  { contextTokens: 4096, slots: 5 },
  { contextTokens: 16_384, slots: 2 },
  { contextTokens: 1000, slots: 1 },
];

function allocatedBytes(context: LlamaContext): number {
  const inner = context as unknown as { _ctx: { getMemoryBreakdown(): { cpuRam: number } } };
  return inner._ctx.getMemoryBreakdown().cpuRam;
}

describe('cache, state and scratch space are planned as llama.cpp allocates them', () => {
  for (const shape of SHAPES) {
    it(shape, async () => {
      const llama = await getLlama({
        gpu: false,
        build: 'never',
        skipDownload: true,
        maxThreads: 1,
        logLevel: LlamaLogLevel.error,
      });
      for (const width of WIDTHS) {
        const path = ggufFixture({ ...BASE, ...width, shape });
        const facts = await readGgufHeader(path);
        const model = await llama.loadModel({ modelPath: path, gpuLayers: 0 });
        for (const { contextTokens, slots } of CONTEXTS) {
          const context = await model.createContext({
            contextSize: contextTokens,
            sequences: slots,
            batchSize: 512,
            threads: 1,
            failedCreationRemedy: false,
          });
          const allocated = allocatedBytes(context);
          await context.dispose();
          const input = { contextTokens, slots, programBytes: 0, bytesPerToken: 0, batchTokens: 512 };
          const need = memoryNeed(facts, input);
          const planned = need.cacheBytes + need.stateBytes + need.computeBytes;
          const label = `${JSON.stringify(width)} ${contextTokens} x ${slots}: planned ${planned}, allocated ${allocated}`;
          assert.ok(planned > 0.9 * allocated && planned < 1.1 * allocated, label);
        }
        await model.dispose();
      }
      await llama.dispose();
    });
  }
});
