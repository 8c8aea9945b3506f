// Inspection: finds personal data in all texts of one request, once, and changes nothing. What becomes of the findings
// is the policy's affair (redact.ts). May import this room only.
import type { Span } from './entities.ts';
import { fold } from './fold.ts';
import { resolveOverlaps } from './overlaps.ts';
import { RECOGNISERS_LABEL } from './recognisers/index.ts';
import { scan } from './scan.ts';
import { findSecondMentions } from './second-mentions.ts';

export interface TextField {
  /** Where the text stands in the request, for messages and records: `messages[0].content`. */
  readonly path: string;
  readonly text: string;
  /** Inside JSON: the key that the text stands under, read as a cue before it. */
  readonly label?: string;
}

export interface InspectedField extends TextField {
  /** Findings that stand apart from each other, in order. */
  readonly spans: readonly Span[];
  /** Findings that lost an overlap (an e-mail address inside a URL): a policy that allows the winner meets them again. */
  readonly shadowed: readonly Span[];
}

export interface Inspection {
  readonly fields: readonly InspectedField[];
  /** Number of findings by entity type. */
  readonly counts: Readonly<Record<string, number>>;
  /** Which recognisers looked, for the record: findings mean nothing without it. */
  readonly recognisers: string;
}

/** All fields of one request go in together, since a name that one of them introduces is found in all. */
export function inspect(fields: readonly TextField[]): Inspection {
  const views = fields.map(({ path, text, label }) => {
    const lead = label === undefined ? '' : `${label} : `;
    const folded = fold(lead + text);
    return { path, text, lead: lead.length, folded, found: scan(folded.text) };
  });
  const mentions = findSecondMentions(views.map(({ folded, found }) => ({ text: folded.text, found })));
  const counts: Record<string, number> = {};
  const inspected = views.map(({ path, text, lead, folded, found }, index) => {
    // A finding that begins in the cue is cut to the text; one that lies in it alone is none.
    const spans: Span[] = [];
    for (const list of [found, mentions[index] ?? []]) {
      for (const span of list) {
        const start = Math.max(0, folded.start(span.start) - lead);
        const end = folded.end(span.end) - lead;
        if (end > 0) spans.push(start === span.start && end === span.end ? span : { ...span, start, end });
      }
    }
    const resolved = resolveOverlaps(spans);
    for (const { type } of resolved.spans) counts[type] = (counts[type] ?? 0) + 1;
    return { path, text, ...resolved };
  });
  return { fields: inspected, counts, recognisers: RECOGNISERS_LABEL };
}
