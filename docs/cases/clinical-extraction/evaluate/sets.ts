// The test sets, rebuilt from their seeds: none of these seeds is used in training. Each axis is held out alone, so that
// a row says what the model misses there. Imports the generator and the reports written by hand.
import type { Answer } from '../generate/answer.ts';
import { generateReport, type Settings } from '../generate/report.ts';
import { readHandWritten } from './hand-written.ts';

export const SET_NAMES = ['seen', 'phrasing', 'words', 'styles', 'hand'] as const;
export type SetName = (typeof SET_NAMES)[number];
export type Form = 'mixed' | 'redacted' | 'clear';
export type Sample = { text: string; answer: Answer };

const BASE: Settings = { heldOutWords: 0, pseudoWords: 0, heldOutPhrases: 0, newStyle: false };
const SETS: Record<Exclude<SetName, 'hand'>, { seed: number; settings: Settings }> = {
  seen: { seed: 50001, settings: BASE },
  phrasing: { seed: 50002, settings: { ...BASE, heldOutPhrases: 1 } },
  words: { seed: 50003, settings: { ...BASE, heldOutWords: 1 } },
  styles: { seed: 50004, settings: { ...BASE, heldOutPhrases: 0.5, newStyle: true } },
};

export const SET_TITLES: Record<SetName, string> = {
  seen: 'new samples, seen phrasing',
  phrasing: 'held-out phrasing',
  words: 'held-out words',
  styles: 'whole new styles',
  hand: 'written by hand',
};

const LONGEST = { text: 1400, answer: 1300 };

export function buildSet(name: SetName, count: number, form: Form = 'mixed'): Sample[] {
  if (name === 'hand') return readHandWritten(form === 'clear' ? 'clear' : 'redacted').slice(0, count);
  const { seed, settings } = SETS[name];
  const samples: Sample[] = [];
  for (let index = 0; samples.length < count; index++) {
    const sample = generateReport(seed, index, settings, form);
    if (sample.text.length <= LONGEST.text && JSON.stringify(sample.answer).length <= LONGEST.answer)
      samples.push(sample);
  }
  return samples;
}
