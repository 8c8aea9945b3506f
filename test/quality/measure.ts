// Recall, precision and false alarms of inspect(), with Wilson intervals. Uses the product only through inspect().
import { isIP } from 'node:net';
import { inspect } from '../../control-plane/redaction/inspect.ts';
import { CUED_NAMES, type Language, PLANTED, type Planted } from './entities.ts';
import { fillIn, INNOCENT, logLines, programCode, prose } from './innocent.ts';
import { type Random, seededRandom } from './random.ts';

export type SetName = 'generated' | 'adversarial';

export interface Row {
  readonly entity: string;
  readonly language: Language;
  readonly set: SetName;
  readonly planted: number;
  readonly found: number;
  readonly reported: number;
  readonly right: number;
}

export interface AlarmRow {
  readonly text: string;
  readonly words: number;
  readonly alarms: number;
}

export interface Quality {
  readonly structured: readonly Row[];
  readonly names: readonly Row[];
  readonly alarms: readonly AlarmRow[];
  /** A few misses and false findings, to look at. The values are generated. */
  readonly misses: readonly string[];
}

interface Gold {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** `count`: planted values a row. */
export function measureQuality(count: number, seed = 20_261_125): Quality {
  const misses: string[] = [];
  const measure = (planted: Planted): Row[] =>
    (['fr', 'en'] as const).flatMap((language) =>
      (['generated', 'adversarial'] as const).map((set) => measureRow(planted, language, set, count, seed, misses)),
    );
  return {
    structured: mergeRows(PLANTED.flatMap(measure)),
    names: measure(CUED_NAMES),
    alarms: measureAlarms(seed),
    misses,
  };
}

function measureRow(
  planted: Planted,
  language: Language,
  set: SetName,
  count: number,
  seed: number,
  misses: string[],
): Row {
  const random = seededRandom(seed + hash(planted.type + language + set));
  let [found, reported, right] = [0, 0, 0];
  for (let index = 0; index < count; index += 1) {
    const { text, gold } = makeDocument(random, planted, language, set);
    const spans = inspect([{ path: 'text', text }]).fields[0]?.spans ?? [];
    const sameType = spans.filter((span) => span.type === planted.type);
    // The value is found if nothing of it stays visible; a finding is right if it is little more than the value.
    const isFound = sameType.some((span) => span.start <= gold.start && span.end >= gold.end);
    if (isFound) found += 1;
    for (const span of spans) {
      if (span.type === 'PERSON' && planted.type !== 'PERSON') continue;
      reported += 1;
      if (span.type === planted.type && isAlmost(span, gold)) right += 1;
      else
        misses.push(
          `${planted.type} ${language} ${set}: reported ${span.type} ${JSON.stringify(text.slice(span.start, span.end))} in ${JSON.stringify(text)}`,
        );
    }
    if (!isFound)
      misses.push(
        `${planted.type} ${language} ${set}: missed ${JSON.stringify(text.slice(gold.start, gold.end))} in ${JSON.stringify(text)}`,
      );
  }
  return { entity: planted.type, language, set, planted: count, found, reported, right };
}

/** One planted value among innocent sentences. */
function makeDocument(
  random: Random,
  planted: Planted,
  language: Language,
  set: SetName,
): { text: string; gold: Gold } {
  const value = set === 'generated' ? planted.plain(random, language) : planted.odd(random, language);
  const [before = '', after = ''] = random.pick(planted.frames[language]).split('{}');
  const innocent = (): string => fillIn(random, random.pick(INNOCENT[language]));
  const joint = (): string => random.pick(['\n', ' ', '\n\n']);
  const head = random.chance(0.7) ? innocent() + joint() : '';
  const tail = random.chance(0.7) ? joint() + innocent() : '';
  const start = head.length + before.length;
  return { text: head + before + value + after + tail, gold: { type: planted.type, start, end: start + value.length } };
}

function isAlmost(span: Gold | { start: number; end: number }, gold: Gold): boolean {
  const shared = Math.min(span.end, gold.end) - Math.max(span.start, gold.start);
  return shared / (Math.max(span.end, gold.end) - Math.min(span.start, gold.start)) >= 0.8;
}

/** Two kinds of one entity (passwords and tokens) make one row. */
function mergeRows(rows: readonly Row[]): Row[] {
  const merged = new Map<string, Row>();
  for (const row of rows) {
    const key = `${row.entity} ${row.language} ${row.set}`;
    const other = merged.get(key);
    merged.set(
      key,
      other === undefined
        ? row
        : {
            ...row,
            planted: row.planted + other.planted,
            found: row.found + other.found,
            reported: row.reported + other.reported,
            right: row.right + other.right,
          },
    );
  }
  return [...merged.values()];
}

function measureAlarms(seed: number): AlarmRow[] {
  const random = seededRandom(seed);
  const texts: readonly (readonly [name: string, text: string])[] = [
    ['French prose', prose('fr')],
    ['English prose', prose('en')],
    ['logs', logLines(random, 2_000)],
    ['program code', programCode()],
    ['near misses, French', Array.from({ length: 1_500 }, () => fillIn(random, random.pick(INNOCENT.fr))).join('\n')],
    ['near misses, English', Array.from({ length: 1_500 }, () => fillIn(random, random.pick(INNOCENT.en))).join('\n')],
  ];
  return texts.map(([name, text]) => {
    // Line by line, as texts reach the product in pieces.
    const pieces = text.match(/[^\n]+(?:\n[^\n]+){0,39}/g) ?? [];
    let alarms = 0;
    for (const piece of pieces) {
      for (const span of inspect([{ path: 'text', text: piece }]).fields[0]?.spans ?? []) {
        if (!isGenuine(span.type, piece.slice(span.start, span.end))) alarms += 1;
      }
    }
    return { text: name, words: text.split(/\s+/).length, alarms };
  });
}

/** Code cites real addresses and hosts: those are no false alarms, by the judgement of other validators. */
function isGenuine(type: string, value: string): boolean {
  if (type === 'URL') return URL.canParse(/^www/i.test(value) ? `https://${value}` : value);
  if (type === 'IP') return isIP(value) !== 0;
  return type === 'EMAIL' && /^[^\s@]+@[^\s@]+\.[a-z]{2,}$/i.test(value);
}

/** Wilson score interval at 95 %, as fractions. */
export function wilson(successes: number, trials: number): readonly [low: number, high: number] {
  if (trials === 0) return [0, 1];
  const z = 1.959964;
  const share = successes / trials;
  const centre = share + (z * z) / (2 * trials);
  const spread = z * Math.sqrt((share * (1 - share) + (z * z) / (4 * trials)) / trials);
  const scale = 1 + (z * z) / trials;
  return [(centre - spread) / scale, Math.min(1, (centre + spread) / scale)];
}

function hash(text: string): number {
  let value = 0;
  for (const character of text) value = (Math.imul(value, 31) + (character.codePointAt(0) ?? 0)) | 0;
  return value >>> 0;
}
