// `npm run quality -- [--json FILE] [--misses]`: detection quality by entity, language and set, on texts that are the same in
// every run. The near misses and the adversarial spellings are this project's own; a text by other hands is harder.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { measureQuality, type Row, wilson } from './measure.ts';

const { values: options } = parseArgs({
  options: { json: { type: 'string' }, misses: { type: 'boolean' }, count: { type: 'string' } },
});
const quality = measureQuality(Number(options.count ?? 500));
const percent = (share: number): string => (share * 100).toFixed(2).padStart(6);
const interval = (successes: number, trials: number): string => {
  const [low, high] = wilson(successes, trials);
  return `${percent(trials === 0 ? 0 : successes / trials)} [${percent(low).trim()}-${percent(high).trim()}]`;
};

function printRows(title: string, rows: readonly Row[]): void {
  console.log(
    `\n${title}\n${'entity'.padEnd(15)}lang set          n      recall % [95 %]            precision % [95 %]`,
  );
  for (const row of rows) {
    console.log(
      `${row.entity.padEnd(15)}${row.language.padEnd(5)}${row.set.padEnd(13)}${String(row.planted).padEnd(7)}${interval(row.found, row.planted).padEnd(27)}${interval(row.right, row.reported)}`,
    );
  }
  const sum = (pick: (row: Row) => number): number => rows.reduce((total, row) => total + pick(row), 0);
  const planted = sum((row) => row.planted);
  console.log(
    `${'all'.padEnd(33)}${String(planted).padEnd(7)}${interval(
      sum((row) => row.found),
      planted,
    ).padEnd(27)}${interval(
      sum((row) => row.right),
      sum((row) => row.reported),
    )}`,
  );
}

printRows('Structured entities', quality.structured);
printRows('Names after a cue (full coverage of names, without cues, is later work)', quality.names);
console.log(
  '\nFalse alarms on text without personal data\ntext                      words    alarms  per 10,000 words',
);
for (const { text, words, alarms } of quality.alarms) {
  console.log(
    `${text.padEnd(26)}${String(words).padEnd(9)}${String(alarms).padEnd(8)}${((alarms / words) * 10_000).toFixed(2)}`,
  );
}
if (options.misses === true) console.log(`\n${quality.misses.join('\n')}`);
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(quality, null, 2)}\n`);
