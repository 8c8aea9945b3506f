// Second mentions: a name that a cue introduced is personal data wherever it stands in the request, also without a cue,
// in capitals or without accents: "Mme Zoé Marchand … Marchand … ZOE MARCHAND". A given name right before it joins it. Linear.

import { stripAccents } from './canonical.ts';
import { CLASS, LETTER, UPPER } from './characters.ts';
import type { Span } from './entities.ts';
import { startOfGivenNames } from './given-name.ts';

interface View {
  readonly text: string;
  readonly found: readonly Span[];
}

const RECOGNISER = 'second-mention';
const SCORE = 0.7;
const WORDS = /[\p{L}\p{M}]+/gu;
/** Particles are part of a name but no mention of it. */
const SHORT = 3;
const COMMON = new Set([
  'des',
  'les',
  'van',
  'von',
  'der',
  'den',
  'ben',
  'bin',
  'ibn',
  'del',
  'dos',
  'das',
  'the',
  'saint',
  'sainte',
  'jean-',
]);

/** New findings for each view, in its own offsets. */
export function findSecondMentions(views: readonly View[]): Span[][] {
  const parts = new Map<string, string | undefined>();
  const seen = new Set<string>();
  for (const { text, found } of views) {
    for (const span of found) {
      if (span.type !== 'PERSON') continue;
      const name = text.slice(span.start, span.end);
      if (seen.has(name)) continue;
      seen.add(name);
      for (const [word] of name.matchAll(WORDS)) {
        const part = foldWord(word);
        if (part.length >= SHORT && !COMMON.has(part) && !parts.has(part)) parts.set(part, span.hint);
      }
    }
  }
  if (parts.size === 0) return views.map(() => []);
  const initials = new Set(Array.from(parts.keys(), (part) => part.charAt(0)));
  return views.map((view) => findIn(view, parts, initials));
}

function findIn(
  { text, found }: View,
  parts: ReadonlyMap<string, string | undefined>,
  initials: ReadonlySet<string>,
): Span[] {
  const taken = found.toSorted((a, b) => a.start - b.start);
  const spans: Span[] = [];
  let next = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (((CLASS[text.charCodeAt(at)] ?? 0) & LETTER) === 0) continue;
    let end = at + 1;
    while (end < text.length && ((CLASS[text.charCodeAt(end)] ?? 0) & LETTER) !== 0) end += 1;
    const start = at;
    at = end;
    while (next < taken.length && (taken[next] as Span).end <= start) next += 1;
    const before = taken[next];
    if (before !== undefined && before.start < end) continue;
    if (end - start < SHORT || !isMention(text.slice(start, end), parts, initials)) continue;
    const hint = parts.get(foldWord(text.slice(start, end)));
    const last = spans.at(-1);
    // "Zoé Marchand", "MARCHAND Zoé", "Zoé de Marchand": one mention.
    if (last !== undefined && JOINS.test(text.slice(last.end, start)) && last.end >= (taken[next - 1]?.end ?? 0)) {
      spans[spans.length - 1] = { ...last, end };
      continue;
    }
    const from = startOfGivenNames(text, start, Math.max(last?.end ?? 0, taken[next - 1]?.end ?? 0));
    // Another given name may be another person: "Mme Vasseur … Jean Vasseur".
    const kept = hint === undefined || from < start ? {} : { hint };
    spans.push({ start: from, end, type: 'PERSON', score: SCORE, recogniser: RECOGNISER, ...kept });
  }
  return spans;
}

const JOINS = /^(?:[ -]|'| (?:de la|de|du|des|le|la|van|von|ben|el|al|d') ?)$/;

/** In lower case a surname may be a common word ("petit"): capitals are wanted. */
function isMention(
  word: string,
  parts: ReadonlyMap<string, string | undefined>,
  initials: ReadonlySet<string>,
): boolean {
  if (((CLASS[word.charCodeAt(0)] ?? 0) & UPPER) === 0 && !/\p{Lo}/u.test(word)) return false;
  const first = foldWord(word.charAt(0));
  return initials.has(first) && parts.has(foldWord(word));
}

function foldWord(word: string): string {
  return stripAccents(word).toLowerCase();
}
