// `npm run bench -- detect [--json FILE]`: speed of inspect() with folding and offset map, on one core, by kind of text.
// CPU time is counted, not wall time, so that a busy machine changes little. Peers come with the issue that compares them.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { fold } from '../../control-plane/redaction/fold.ts';
import { inspect } from '../../control-plane/redaction/inspect.ts';
import { scan } from '../../control-plane/redaction/scan.ts';
import { PLANTED } from '../quality/entities.ts';
import { fillIn, INNOCENT, logLines, programCode, prose } from '../quality/innocent.ts';
import { seededRandom } from '../quality/random.ts';

const { values: options } = parseArgs({ options: { json: { type: 'string' } }, strict: false });
const random = seededRandom(1);

/** A value in every sentence: far denser than any letter. */
function dense(): string {
  return Array.from({ length: 4_000 }, () => {
    const planted = random.pick(PLANTED);
    const frame = random.pick(planted.frames.fr);
    return `${frame.replace('{}', planted.plain(random, 'fr'))} ${fillIn(random, random.pick(INNOCENT.fr))}`;
  }).join('\n');
}

const texts: readonly (readonly [name: string, text: string])[] = [
  ['French prose', prose('fr')],
  ['English prose', prose('en')],
  ['logs', logLines(random, 5_000)],
  ['program code', programCode()],
  ['dense personal data', dense()],
];

const pieces = (text: string, size: number): string[] =>
  Array.from({ length: Math.ceil(text.length / size) }, (_, index) => text.slice(index * size, (index + 1) * size));

/** Millions of UTF-8 bytes a CPU second: the best of several rounds of at least 0.3 s. */
function speed(documents: readonly string[], work: (document: string) => unknown): number {
  const bytes = documents.reduce((sum, document) => sum + Buffer.byteLength(document), 0);
  let best = 0;
  for (let round = 0; round < 5; round += 1) {
    const before = process.cpuUsage();
    let done = 0;
    let spent = 0;
    while (spent < 300_000) {
      for (const document of documents) work(document);
      done += bytes;
      const usage = process.cpuUsage(before);
      spent = usage.user + usage.system;
    }
    best = Math.max(best, done / spent);
  }
  return best;
}

const rows = texts.map(([text, content]) => {
  const documents = pieces(content, 4_096);
  const folded = documents.map((document) => fold(document).text);
  return {
    text,
    fold: speed(documents, fold),
    scan: speed(folded, scan),
    inspect: speed(documents, (document) => inspect([{ path: 'text', text: document }])),
  };
});
console.log('MB/s, texts of 4,096 characters, one core\ntext                    fold     scan  inspect');
for (const row of rows) {
  console.log(
    `${row.text.padEnd(20)}${[row.fold, row.scan, row.inspect].map((value) => value.toFixed(1).padStart(9)).join('')}`,
  );
}
if (typeof options['json'] === 'string') writeFileSync(options['json'], `${JSON.stringify(rows, null, 2)}\n`);
