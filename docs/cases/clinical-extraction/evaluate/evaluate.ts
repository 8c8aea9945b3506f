// Prints the table of the case: our model, the regular expressions and, with --general, two small general models, on
// the five test sets; then redacted against clear text. npx node evaluate.ts [--count 200] [--general] [--model FILE]
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { FIELDS } from '../generate/answer.ts';
import { type Extractor, startExtractor } from './extractor.ts';
import { chatPrompt, fetchGeneralModel, GENERAL_MODELS } from './general-models.ts';
import { extractByExpressions } from './regular-expressions.ts';
import { type Score, scoreAnswers } from './score.ts';
import { buildSet, type Form, type Sample, SET_NAMES, SET_TITLES, type SetName } from './sets.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '200' },
    'general-count': { type: 'string', default: '12' },
    general: { type: 'boolean', default: false },
    model: { type: 'string' },
    json: { type: 'string' },
    show: { type: 'string' },
  },
});

type Row = { method: string; set: string; score: Score; msPerReport: number };
const rows: Row[] = [];
const percent = (share: number): string => share.toFixed(3).replace(/^0/, '');

async function answerAll(
  samples: readonly Sample[],
  answer: (text: string) => Promise<string>,
): Promise<{ score: Score; msPerReport: number; texts: string[] }> {
  const started = performance.now();
  const texts: string[] = [];
  for (const { text } of samples) texts.push(await answer(text));
  const pairs = samples.map((sample, i) => ({ wanted: sample.answer, text: texts[i] ?? '' }));
  return { score: scoreAnswers(pairs), msPerReport: (performance.now() - started) / samples.length, texts };
}

const HEADINGS = ['fields', ...FIELDS, 'surrogates', 'whole', 'valid', 'items P', 'items R'];
function print({ method, set, score, msPerReport }: Row): void {
  const cells = [
    score.fields,
    ...FIELDS.map((field) => score.byField[field]),
    score.surrogateFields,
    score.wholeReports,
    score.validJson,
    score.itemPrecision,
    score.itemRecall,
  ];
  console.log(
    `| ${method} | ${set} (${score.reports}) | ${cells.map(percent).join(' | ')} | ${msPerReport.toFixed(msPerReport < 10 ? 1 : 0)} |`,
  );
}

async function judge(
  method: string,
  name: SetName,
  form: Form,
  count: number,
  answer: (text: string) => Promise<string>,
): Promise<void> {
  const samples = buildSet(name, count, form);
  const { score, msPerReport, texts } = await answerAll(samples, answer);
  const row = { method, set: SET_TITLES[name] + (form === 'mixed' ? '' : `, ${form}`), score, msPerReport };
  rows.push(row);
  print(row);
  if (values.show === name && method === 'ours') {
    for (const [i, sample] of samples.entries())
      console.log(`${sample.text}\nwanted ${JSON.stringify(sample.answer)}\n   got ${texts[i]}\n`);
  }
}

async function judgeModel(
  method: string,
  extractor: Extractor,
  count: number,
  names: readonly SetName[],
): Promise<void> {
  for (const name of names)
    await judge(method, name, 'mixed', count, async (text) => (await extractor.extract(text)).text);
}

async function judgeGeneralModels(count: number): Promise<void> {
  for (const model of GENERAL_MODELS) {
    let modelFile: string;
    try {
      modelFile = await fetchGeneralModel(model);
    } catch (cause) {
      console.log(`SKIPPED ${model.title}: ${cause instanceof Error ? cause.message : String(cause)}`);
      continue;
    }
    const extractor = await startExtractor({ modelFile, prompt: chatPrompt, contextTokens: 3072, maxTokens: 700 });
    await judgeModel(model.title, extractor, count, SET_NAMES);
    await extractor.stop();
  }
}

console.log(`| method | set (reports) | ${HEADINGS.join(' | ')} | ms |\n|${' --- |'.repeat(HEADINGS.length + 3)}`);
const count = Number(values.count);
const ours = await startExtractor(values.model === undefined ? {} : { modelFile: values.model });
await judgeModel('ours', ours, count, SET_NAMES);
for (const name of ['seen', 'words', 'hand'] as const) {
  for (const form of ['redacted', 'clear'] as const)
    await judge('ours', name, form, count, async (text) => (await ours.extract(text)).text);
}
await ours.stop();
for (const name of SET_NAMES)
  await judge('regular expressions', name, 'mixed', count, async (text) => JSON.stringify(extractByExpressions(text)));
if (values.general) await judgeGeneralModels(Number(values['general-count']));
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(rows, null, 2)}\n`);
