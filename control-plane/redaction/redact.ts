// Redaction: replaces what was found by surrogates (or masks), as the policy of the target says. Changes nothing but
// the text inside the spans, so that restoring a redacted text gives it back byte for byte.

import { canonicalise } from './canonical.ts';
import type { EntityType, Span } from './entities.ts';
import type { Inspection } from './inspect.ts';
import { resolveOverlaps } from './overlaps.ts';
import { SurrogateMap } from './restore.ts';
import { formatMask, formatSurrogate, surrogateKey } from './surrogates.ts';

export { deriveNonce } from './surrogates.ts';

export type Action = 'allow' | 'pseudonymise' | 'mask' | 'block';

export interface RedactionPolicy {
  action(type: EntityType): Action;
  /** What stays readable beside a surrogate, so that redaction does not ruin the model's work. */
  keep: ReadonlySet<'gender' | 'year'>;
  /** Findings below this score are left alone. */
  minScore: number;
}

export interface Redaction {
  /** Redacted texts, in the order of the inspected fields. */
  readonly texts: readonly string[];
  readonly surrogates: SurrogateMap;
  /** Number of values replaced, by entity type. */
  readonly counts: Readonly<Record<string, number>>;
  /** Where the policy forbids the text as a whole; the texts must then go nowhere. */
  readonly blocked: readonly { readonly path: string; readonly type: EntityType }[];
}

export function redact(inspection: Inspection, policy: RedactionPolicy, nonce: string): Redaction {
  const surrogates = new SurrogateMap();
  const numbering = new Numbering(nonce, surrogates);
  const counts: Record<string, number> = {};
  const blocked: { path: string; type: EntityType }[] = [];
  const texts = inspection.fields.map((field) => {
    // What lost an overlap counts again here: an allowed URL must not carry a forbidden e-mail address out.
    const isConcerned = (span: Span): boolean =>
      span.score >= policy.minScore && actionOf(policy, span.type) !== 'allow';
    const concerned = field.spans.filter(isConcerned);
    for (const span of field.shadowed) if (isConcerned(span)) concerned.push(span);
    for (const span of concerned) {
      if (policy.action(span.type) === 'block') blocked.push({ path: field.path, type: span.type });
    }
    const parts: string[] = [];
    let done = 0;
    for (const span of resolveOverlaps(concerned).spans) {
      const value = field.text.slice(span.start, span.end);
      const isMasked = actionOf(policy, span.type) !== 'pseudonymise';
      parts.push(field.text.slice(done, span.start));
      parts.push(isMasked ? formatMask(span.type) : numbering.surrogate(span, value, keptHint(span, policy)));
      done = span.end;
      counts[span.type] = (counts[span.type] ?? 0) + 1;
    }
    parts.push(field.text.slice(done));
    return parts.join('');
  });
  return { texts, surrogates, counts, blocked };
}

/** Input that looks like a surrogate is always replaced: a caller who could write one could have another value restored. */
function actionOf(policy: RedactionPolicy, type: EntityType): Action {
  const action = policy.action(type);
  return type === 'SURROGATE' && action === 'allow' ? 'pseudonymise' : action;
}

function keptHint(span: Span, policy: RedactionPolicy): string {
  if (span.type === 'PERSON' && policy.keep.has('gender')) return span.hint ?? '';
  if (span.type === 'DATE_OF_BIRTH' && policy.keep.has('year')) return span.hint ?? '';
  return '';
}

/**
 * Numbers values by first appearance in their type. One value in two spellings (`Zoé Martin`, `ZOE MARTIN`) keeps one number,
 * so that a model sees one person; the second spelling gets a hint of its own (`:b`), so that each comes back as it was written.
 */
class Numbering {
  readonly #nonce: string;
  readonly #surrogates: SurrogateMap;
  readonly #issued = new Map<string, { number: number; hint: string; spellings: number }>();
  readonly #last = new Map<EntityType, number>();
  /** Surrogates by type and value: texts repeat their values. */
  readonly #known = new Map<EntityType, Map<string, string>>();

  constructor(nonce: string, surrogates: SurrogateMap) {
    this.#nonce = nonce;
    this.#surrogates = surrogates;
  }

  surrogate(span: Span, value: string, hint: string): string {
    let known = this.#known.get(span.type);
    if (known === undefined) {
      known = new Map();
      this.#known.set(span.type, known);
    }
    let surrogate = known.get(value);
    if (surrogate === undefined) {
      surrogate = this.#issue(span, value, hint);
      known.set(value, surrogate);
    }
    return surrogate;
  }

  /** Once a value of a type. */
  #issue(span: Span, value: string, hint: string): string {
    const identity = `${span.type} ${canonicalise(span.type, value)}`;
    let entity = this.#issued.get(identity);
    if (entity === undefined) {
      const number = (this.#last.get(span.type) ?? 0) + 1;
      this.#last.set(span.type, number);
      entity = { number, hint, spellings: 0 };
      this.#issued.set(identity, entity);
    }
    const key = surrogateKey(span.type, entity.number, this.#nonce);
    const spelling = entity.hint + spellingSuffix(entity.spellings);
    entity.spellings += 1;
    this.#surrogates.issue(key, spelling, value);
    return formatSurrogate(key, spelling);
  }
}

/** '' for the first spelling, then b, c... z, bb. After a hint it stays apart from it: F, Fb, 1958b. */
function spellingSuffix(index: number): string {
  let suffix = '';
  for (let rest = index; rest > 0; rest = Math.floor((rest - 1) / 25)) {
    suffix = 'bcdefghijklmnopqrstuvwxyz'.charAt((rest - 1) % 25) + suffix;
  }
  return suffix;
}
