// Writes letters for the trainer, one JSON array `[text, answer]` a line, endlessly or up to --count; stops when the
// reader goes away. node stream.ts --seed 1 [--from 0] [--count N] [--step 1] [--set train|words|seen]
import { parseArgs } from 'node:util';
import { createRandom } from '../../clinical-extraction/generate/random.ts';
import { generateLetter } from './letter.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    step: { type: 'string', default: '1' },
    count: { type: 'string', default: 'Infinity' },
    set: { type: 'string', default: 'train' },
  },
});

/** Invented words teach to copy rather than to know. */
const PSEUDO_SHARES = [0, 0.25, 0.25, 0.5, 0.5];

const [seed, from, step, count] = [Number(values.seed), Number(values.from), Number(values.step), Number(values.count)];
process.stdout.on('error', () => process.exit(0));
for (let made = 0, index = from; made < count; ) {
  let block = '';
  for (let i = 0; i < 64 && made < count; i++, made++, index += step) {
    const pseudoWords = values.set === 'train' ? createRandom(seed + 5, index).pick(PSEUDO_SHARES) : 0;
    const { text, answer } = generateLetter(seed, index, { pseudoWords, heldOutWords: values.set === 'words' ? 1 : 0 });
    block += `${JSON.stringify([text, answer])}\n`;
  }
  if (!process.stdout.write(block)) await new Promise((resolve) => process.stdout.once('drain', resolve));
}
