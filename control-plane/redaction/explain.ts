// What redaction did to a text, for people to see: each finding with its recogniser, its confidence and what became of
// it, and where its replacement stands. Computed from a text and its redaction, apart from the code that redacts.
// May import this room only.

import type { EntityType, Span } from './entities.ts';
import type { InspectedField } from './inspect.ts';
import { resolveOverlaps } from './overlaps.ts';
import type { Action, RedactionPolicy } from './redact.ts';
import { restoreText, type SurrogateMap } from './restore.ts';
import { formatMask, readSurrogate } from './surrogates.ts';

/** UTF-16 offsets, end excluded. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

export interface ExplainedSpan extends Place {
  readonly type: EntityType;
  readonly score: number;
  readonly recogniser: string;
  /** `allow` also where the finding is less sure than the policy asks for. */
  readonly action: Action;
  /** Where its replacement stands in the redacted text; absent where the value stayed. */
  readonly replacement?: Place;
}

/** The findings of one text in order, with what stands for each in `redacted`, the same text as the policy left it. */
export function explainRedaction(field: InspectedField, policy: RedactionPolicy, redacted: string): ExplainedSpan[] {
  const acted = resolveOverlaps([...field.spans, ...field.shadowed].filter((span) => acts(span, policy))).spans;
  const explained: ExplainedSpan[] = [];
  let shift = 0;
  for (const span of acted) {
    const action = actionOn(span, policy);
    const start = span.start + shift;
    const end = action === 'pseudonymise' ? surrogateEnd(redacted, start) : start + formatMask(span.type).length;
    shift = end - span.end;
    // A text that is blocked goes nowhere: nothing stands for its values.
    explained.push({ ...factsOf(span), action, ...(action === 'block' ? {} : { replacement: { start, end } }) });
  }
  const isCovered = ({ start, end }: Span) => acted.some((other) => start < other.end && other.start < end);
  for (const span of field.spans) {
    if (!acts(span, policy) && !isCovered(span)) explained.push({ ...factsOf(span), action: 'allow' });
  }
  return explained.sort((a, b) => a.start - b.start);
}

function factsOf({ start, end, type, score, recogniser }: Span) {
  return { start, end, type, score, recogniser };
}

function acts(span: Span, policy: RedactionPolicy): boolean {
  return span.score >= policy.minScore && actionOn(span, policy) !== 'allow';
}

function actionOn({ type }: Span, policy: RedactionPolicy): Action {
  const action = policy.action(type);
  return type === 'SURROGATE' && action === 'allow' ? 'pseudonymise' : action;
}

function surrogateEnd(text: string, at: number): number {
  const read = readSurrogate(text, at);
  return typeof read === 'object' ? read.end : at;
}

/** A surrogate in a model's answer, and the value that took its place in what the caller got. */
export interface RestoredValue {
  readonly answered: Place;
  readonly got: Place;
}

/** The surrogates of an answer that were restored, in order. Stops where the two texts cannot be laid side by side. */
export function explainRestoration(answered: string, got: string, surrogates: SurrogateMap): RestoredValue[] {
  const restored: RestoredValue[] = [];
  let at = 0;
  for (let index = 0; index < answered.length; ) {
    const read = readSurrogate(answered, index);
    const written = typeof read === 'object' ? answered.slice(index, read.end) : undefined;
    const value = written === undefined ? undefined : restoreText(surrogates, written, 'text');
    if (written === undefined || value === undefined || value === written) {
      if (answered[index] !== got[at]) return restored;
      index += 1;
      at += 1;
      continue;
    }
    // In an answer that is JSON the value is escaped.
    const put = [value, JSON.stringify(value).slice(1, -1)].find((each) => got.startsWith(each, at));
    if (put === undefined) return restored;
    const place = { answered: { start: index, end: index + written.length }, got: { start: at, end: at + put.length } };
    restored.push(place);
    index += written.length;
    at += put.length;
  }
  return restored;
}
