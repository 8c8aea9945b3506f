// Shapes large enough that their memory stands out from the noise of a process: weights of 70 to 230 MB and, for those
// that attend to everything, 16 KiB of cache a token. Measures one and holds the plan beside it.
import { readGgufHeader } from '../../operator/engines/gguf.ts';
import { llamaWorkerEngine } from '../../operator/engines/llama-worker-engine.ts';
import type { MemoryParts } from '../../operator/planning/memory.ts';
import { type FixtureOptions, ggufFixture } from '../fixtures/gguf.ts';
import { growthSince, startMeasured, stopMeasured } from './private-memory.ts';

const LARGE = { layers: 8, embedding: 512, heads: 8, kvHeads: 8, context: 16_384 } as const;

export const MEASURED_SHAPES = {
  llama: { shape: 'llama', ...LARGE },
  // As Mistral 7B 0.1 says it; llama.cpp keeps the whole context all the same, and so does the plan.
  mistral: {
    shape: 'mistral',
    ...LARGE,
    entries: [{ key: 'llama.attention.sliding_window', type: 'u32', value: 4096 }],
  },
  mixtral: { shape: 'mixtral', ...LARGE },
  // Deeper, because it has nothing but its weights to stand out by.
  rwkv7: { shape: 'rwkv7', ...LARGE, layers: 24 },
  gemma3: { shape: 'gemma3', ...LARGE },
} as const satisfies Readonly<Record<string, FixtureOptions>>;

export type MeasuredShape = keyof typeof MEASURED_SHAPES;

export interface Comparison {
  readonly shape: MeasuredShape;
  readonly contextTokens: number;
  readonly planned: MemoryParts;
  /** What the plan says that loading adds: all but the program, which was there before. */
  readonly plannedBytes: number;
  /** Private memory of the process after a prompt, less that of the same process before it loaded. */
  readonly measuredBytes: number;
  /** Of these, what no file stands behind: cache, state, scratch space and the library, but not the weights. */
  readonly anonymousBytes: number;
}

/** One slot beside the probe's; a prompt of `promptTokens` is computed before the memory is read. */
export async function compare(shape: MeasuredShape, contextTokens: number, promptTokens: number): Promise<Comparison> {
  const weights = ggufFixture(MEASURED_SHAPES[shape]);
  const input = { contextTokens, slots: 1 };
  const planned = llamaWorkerEngine.memory(await readGgufHeader(weights), input);
  const measured = await startMeasured(weights, input);
  const { engine } = measured;
  try {
    const prompt = 'a '.repeat(Math.floor(Math.min(promptTokens, contextTokens - 64) / 2));
    const answer = await engine.post('/v1/completions', { prompt, max_tokens: 8, temperature: 0 });
    if (answer.status !== 200) throw new Error(answer.text);
    const { privateBytes, anonymousBytes } = await growthSince(measured);
    return {
      shape,
      contextTokens,
      planned,
      plannedBytes: planned.totalBytes - planned.programBytes,
      measuredBytes: privateBytes,
      anonymousBytes,
    };
  } finally {
    await stopMeasured(measured);
  }
}
