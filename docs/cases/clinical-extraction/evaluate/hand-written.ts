// Reads the reports written by hand (hand-written.txt) in both forms: with surrogates, as the gateway sends them, or with
// their clear values. Imports the shape of answers only.
import { readFileSync } from 'node:fs';
import type { Answer, Drug } from '../generate/answer.ts';

export type Sample = { title: string; text: string; answer: Answer };
const NONCE = 'kt';
const MARKED = /\(\(([A-Z_]+):([^()]*)\)\)/g;

function readFields(block: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) fields.set(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
  }
  return fields;
}

function readAnswer(block: string): Answer {
  const fields = readFields(block);
  const text = (name: string): string | null => {
    const value = fields.get(name);
    if (value === undefined) throw new RangeError(`a report written by hand lacks the field ${name}`);
    return value === '' ? null : value;
  };
  const items = (name: string): string[] =>
    text(name)
      ?.split(' | ')
      .map((item) => item.trim()) ?? [];
  const drug = (line: string): Drug => {
    const [medicament = '', dose = '-', frequence = '-'] = line.split(' ; ');
    return { medicament, dose: dose === '-' ? null : dose, frequence: frequence === '-' ? null : frequence };
  };
  const age = text('age');
  return {
    patient: text('patient'),
    date_naissance: text('naissance'),
    medecin: text('medecin'),
    age: age === null ? null : Number(age),
    sexe: text('sexe') as Answer['sexe'],
    motif: text('motif'),
    antecedents: items('antecedents'),
    constats: items('constats'),
    traitements: items('traitements').map(drug),
    sortie: text('sortie'),
  };
}

/** Replaces marked values by surrogates numbered by first appearance, in the text and wherever the answer copies them. */
function redact(text: string, answer: Answer): { text: string; answer: Answer } {
  const surrogates = new Map<string, string>();
  const counts = new Map<string, number>();
  const redacted = text.replace(MARKED, (_, label: string, value: string) => {
    const known = surrogates.get(value);
    if (known !== undefined) return known;
    const number = (counts.get(label) ?? 0) + 1;
    counts.set(label, number);
    const surrogate = `<${label}_${number}${NONCE}>`;
    surrogates.set(value, surrogate);
    return surrogate;
  });
  let written = JSON.stringify(answer);
  for (const [value, surrogate] of [...surrogates].sort(([a], [b]) => b.length - a.length)) {
    // Short values (a year, a first name) may stand inside other words: only whole strings of the answer are theirs.
    written = written.replaceAll(`"${value}"`, `"${surrogate}"`);
    if (value.length > 4) written = written.replaceAll(value, surrogate);
  }
  return { text: redacted, answer: JSON.parse(written) as Answer };
}

export function readHandWritten(form: 'redacted' | 'clear'): Sample[] {
  const content = readFileSync(new URL('hand-written.txt', import.meta.url), 'utf8');
  return content
    .split(/^## /m)
    .slice(1)
    .map((block) => {
      const [head = '', wanted = ''] = block.split('\n=>\n');
      const [title = '', ...lines] = head.split('\n');
      const text = lines.join('\n').trim();
      const answer = readAnswer(wanted);
      const clear = { text: text.replace(MARKED, '$2'), answer };
      return { title, ...(form === 'clear' ? clear : redact(text, answer)) };
    });
}
