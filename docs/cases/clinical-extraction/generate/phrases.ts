// The phrase atoms (phrases/*.txt: `# name`, then one phrase a line) and their expansion. In a phrase `[a|b]` is a
// choice, `@name` another phrase, `{masculine:feminine}` an agreement, `{SLOT}` a value or a fact. One phrase in ten of
// each name stays out of training ("held-out phrasing"); whole styles stand in held-out-styles.txt.
import { readFileSync } from 'node:fs';
import type { Random } from './random.ts';

type Split = { trained: readonly string[]; heldOut: readonly string[] };
const FILES = ['identity', 'labels', 'sections', 'distractors', 'held-out-styles'];
const HELD_OUT_ONE_IN = 10;

function load(): Map<string, Split> {
  const phrases = new Map<string, Split>();
  for (const name of FILES) {
    const text = readFileSync(new URL(`phrases/${name}.txt`, import.meta.url), 'utf8');
    for (const block of text.split(/^# /m).slice(1)) {
      const [title = '', ...rest] = block.split('\n').filter((line) => line !== '');
      const all = rest.map((line) => line.replaceAll('\\n', '\n'));
      const heldOut = all.filter((_, index) => index % HELD_OUT_ONE_IN === HELD_OUT_ONE_IN - 3);
      const trained = all.filter((phrase) => !heldOut.includes(phrase));
      const whole = name === 'held-out-styles' || heldOut.length === 0;
      phrases.set(title, whole ? { trained: all, heldOut: all } : { trained, heldOut });
    }
  }
  return phrases;
}

export const PHRASES: ReadonlyMap<string, Split> = load();

export function pickPhrase(random: Random, name: string, heldOutShare: number): string {
  const split = PHRASES.get(name);
  if (split === undefined) throw new RangeError(`no phrases named ${name}`);
  return random.pick(random.chance(heldOutShare) ? split.heldOut : split.trained);
}

const CHOICE = /\[([^[\]]*)\]/;
const NAME = /@([a-z][a-z_]*)/;

/** Resolves choices and named phrases; agreements and slots are left for the renderer. */
export function expandPhrase(random: Random, phrase: string, heldOutShare: number): string {
  let text = phrase;
  for (;;) {
    const choice = CHOICE.exec(text);
    if (choice !== null) {
      const chosen = random.pick((choice[1] ?? '').split('|'));
      text = text.slice(0, choice.index) + chosen + text.slice(choice.index + choice[0].length);
      continue;
    }
    const name = NAME.exec(text);
    if (name === null) return text;
    text =
      text.slice(0, name.index) +
      pickPhrase(random, name[1] ?? '', heldOutShare) +
      text.slice(name.index + name[0].length);
  }
}
