// Prints the table of the case: the base model alone and with the adapter, on letters of the hospital (with seen and with
// held-out words) and on the reports that the base model was made for, where the adapter is not meant to be used.
// npx node evaluate.ts [--count 200] [--adapter FILE] [--base FILE] [--only base|adapter] [--show]
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Extractor, MODEL_FILE, startExtractor } from '../../clinical-extraction/evaluate/extractor.ts';
import { scoreAnswers } from '../../clinical-extraction/evaluate/score.ts';
import { buildSet } from '../../clinical-extraction/evaluate/sets.ts';
import { FIELDS } from '../../clinical-extraction/generate/answer.ts';
import type { Report } from '../../clinical-extraction/generate/report.ts';
import { generateLetter } from '../generate/letter.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '200' },
    adapter: { type: 'string' },
    base: { type: 'string' },
    only: { type: 'string' },
    show: { type: 'boolean', default: false },
  },
});

const ADAPTER_FILE = fileURLToPath(new URL('../../../../control-plane/models/discharge-letter.gguf', import.meta.url));
const count = Number(values.count);

/** Seeds that training does not use. */
const letters = (seed: number, heldOutWords: number): Report[] =>
  Array.from({ length: count }, (_, index) => generateLetter(seed, index, { heldOutWords, pseudoWords: 0 }));
const SETS: readonly (readonly [title: string, reports: readonly Report[]])[] = [
  ['letters', letters(60_001, 0)],
  ['letters, held-out words', letters(60_002, 1)],
  ['reports of the base model', buildSet('seen', count)],
];

const percent = (share: number): string => share.toFixed(3).replace(/^0/, '');

async function judge(method: string, extractor: Extractor): Promise<void> {
  for (const [title, reports] of SETS) {
    const startedAt = performance.now();
    const pairs = [];
    for (const { text, answer } of reports) {
      const got = (await extractor.extract(text)).text;
      pairs.push({ wanted: answer, text: got });
      if (values.show) console.log(`${text}\nwanted ${JSON.stringify(answer)}\n   got ${got}\n`);
    }
    const score = scoreAnswers(pairs);
    const cells = [score.fields, ...FIELDS.map((field) => score.byField[field]), score.wholeReports, score.validJson];
    const msPerReport = (performance.now() - startedAt) / reports.length;
    console.log(`| ${method} | ${title} (${count}) | ${cells.map(percent).join(' | ')} | ${msPerReport.toFixed(0)} |`);
  }
  await extractor.stop();
}

const modelFile = values.base ?? MODEL_FILE;
const headings = ['method', 'set', 'fields', ...FIELDS, 'whole', 'valid', 'ms'];
console.log(`| ${headings.join(' | ')} |\n|${' --- |'.repeat(headings.length)}`);
if (values.only !== 'adapter') await judge('base', await startExtractor({ modelFile }));
if (values.only !== 'base')
  await judge('with the adapter', await startExtractor({ modelFile, adapterFile: values.adapter ?? ADAPTER_FILE }));
