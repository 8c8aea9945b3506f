// Writes reports for the trainer, one JSON array `[text, answer]` a line, endlessly or up to --count; stops when the
// reader goes away. node stream.ts --seed 1 --from 0 [--count N] [--step 1] [--set train|words|phrasing|styles]
import { parseArgs } from 'node:util';
import { withInstruction } from './instructions.ts';
import { createRandom } from './random.ts';
import { generateReport, type Settings } from './report.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    step: { type: 'string', default: '1' },
    count: { type: 'string', default: 'Infinity' },
    set: { type: 'string', default: 'train' },
  },
});

const PSEUDO_SHARES = [0, 0.25, 0.25, 0.5, 0.5, 0.8];

function settingsFor(seed: number, index: number): Settings {
  const base: Settings = { heldOutWords: 0, pseudoWords: 0, heldOutPhrases: 0, newStyle: false };
  switch (values.set) {
    case 'words':
      return { ...base, heldOutWords: 1 };
    case 'phrasing':
      return { ...base, heldOutPhrases: 1 };
    case 'styles':
      return { ...base, heldOutPhrases: 0.5, newStyle: true };
    case 'seen':
      return base;
    default:
      return { ...base, pseudoWords: createRandom(seed + 5, index).pick(PSEUDO_SHARES) };
  }
}

const [seed, from, step, count] = [Number(values.seed), Number(values.from), Number(values.step), Number(values.count)];
process.stdout.on('error', () => process.exit(0));
for (let made = 0, index = from; made < count; ) {
  let block = '';
  for (let i = 0; i < 64 && made < count; i++, made++, index += step) {
    const { text, answer } = generateReport(seed, index, settingsFor(seed, index));
    const random = createRandom(seed + 11, index);
    const prompt = values.set === 'train' && random.chance(0.06) ? withInstruction(random, text) : text;
    block += `${JSON.stringify([prompt, answer])}\n`;
  }
  if (!process.stdout.write(block)) await new Promise((resolve) => process.stdout.once('drain', resolve));
}
