// What taking turns costs the bundled engine: answers of a generated model, four at a time, all without an adapter, all
// with one, and with none and three in turn; tokens for each second of processor time of the engine process, and its memory.
//   npx node test/engines/measure-adapters.ts [--count 24]
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { adapterFixture } from '../fixtures/adapters.ts';
import { ggufFixture } from '../fixtures/gguf.ts';
import { type RunningEngine, startEngine } from './engine-process.ts';

const { values } = parseArgs({ options: { count: { type: 'string', default: '24' } } });
const count = Number(values.count);
const TICKS_A_SECOND = 100;
const BASE = { shape: 'llama', layers: 8, embedding: 512, feedForward: 1536, heads: 8, kvHeads: 4 } as const;
const paths = [1, 2, 3].map((seed) => adapterFixture({ base: BASE, kind: 'random', seed, rank: 8 }));
const weights = ggufFixture(BASE);

function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

async function measure(engine: RunningEngine, choose: (at: number) => number): Promise<number> {
  let tokens = 0;
  const before = processorSeconds(engine.pid);
  const ask = async (at: number) => {
    const which = choose(at);
    const lora = which === 0 ? [{ id: 0, scale: 0 }] : [{ id: which - 1, scale: 1 }];
    const body = { prompt: `${at} the law of the bank `.repeat(4), max_tokens: 64, temperature: 0, lora };
    tokens += (await engine.post('/v1/completions', body)).json.usage.total_tokens;
  };
  for (let at = 0; at < count; at += 4) await Promise.all([0, 1, 2, 3].map((each) => ask(at + each)));
  return tokens / (processorSeconds(engine.pid) - before);
}

const plain = await startEngine(weights, { slots: 4 });
const plainBytes = plain.rssBytes;
await plain.stop();
const adapters = paths.map((path, at) => ({ name: `a${at}`, path }));
const engine = await startEngine(weights, { slots: 4, adapters });
await measure(engine, () => 0);
const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
const sizes = paths.reduce((sum, path) => sum + readFileSync(path).length, 0);
console.log(`${count} answers a row, four at a time`);
console.log(
  `memory without adapters ${mebibytes(plainBytes)} MiB, with three ${mebibytes(engine.rssBytes)} MiB (files ${mebibytes(sizes)} MiB)`,
);
for (const [name, choose] of [
  ['no adapter', () => 0],
  ['one adapter', () => 1],
  ['none and three in turn', (at: number) => at % 4],
] as const) {
  console.log(`${name.padEnd(24)} ${(await measure(engine, choose)).toFixed(0)} tokens a processor second`);
}
await engine.stop();
