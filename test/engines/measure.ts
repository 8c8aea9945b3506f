// Measures the bundled engine: time to ready, memory, tokens a second, and how long an abort takes. Prints one line of
// JSON a model. Usage: node test/engines/measure.ts [file.gguf ...]
import { ggufFixture } from '../fixtures/gguf.ts';
import { startEngine } from './engine-process.ts';

const files = process.argv.slice(2);
const models = files.length > 0 ? files : [ggufFixture({ shape: 'llama' })];

for (const weights of models) {
  const startedAt = performance.now();
  const engine = await startEngine(weights);
  const readyMs = Math.round(performance.now() - startedAt);
  const idleMiB = Math.round(engine.rssBytes / 2 ** 20);
  const timed = async (body: Record<string, unknown>) => {
    const from = performance.now();
    const { json } = await engine.post('/v1/completions', { temperature: 0, ...body });
    return { seconds: (performance.now() - from) / 1000, usage: json.usage };
  };
  await timed({ prompt: 'a', max_tokens: 4 });
  const prompt = await timed({ prompt: 'le patient va bien . '.repeat(60), max_tokens: 1 });
  const short = await timed({ prompt: 'le patient', max_tokens: 1 });
  const long = await timed({ prompt: 'la patiente', max_tokens: 256 });
  const generated = long.usage.completion_tokens - short.usage.completion_tokens;
  const line = {
    model: weights.split('/').at(-1),
    readyMs,
    idleMiB,
    workingMiB: Math.round(engine.rssBytes / 2 ** 20),
    promptTokensPerSecond: Math.round(prompt.usage.prompt_tokens / prompt.seconds),
    generatedTokens: generated,
    generatedTokensPerSecond: Math.round(generated / Math.max(1e-3, long.seconds - short.seconds)),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
  await engine.stop();
}
