// Scores answers field by field: a field is right only when it equals the wanted one, lists whole and in order. Items
// (precision and recall of list entries and scalars) are counted beside. Imports the shape of answers only.
import { type Answer, FIELDS, SURROGATE_FIELDS } from '../generate/answer.ts';

export type Score = {
  reports: number;
  validJson: number;
  /** Share of fields right, over all fields of all reports. */
  fields: number;
  byField: Record<(typeof FIELDS)[number], number>;
  /** Share right of patient, date_naissance and medecin. */
  surrogateFields: number;
  wholeReports: number;
  itemPrecision: number;
  itemRecall: number;
};

export function parseAnswer(text: string): Partial<Answer> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([key, inner]) => [key, canonical(inner)]),
  );
}

export const isSame = (a: unknown, b: unknown): boolean =>
  JSON.stringify(canonical(a)) === JSON.stringify(canonical(b));

function itemsOf(answer: Partial<Answer>): string[] {
  const items: string[] = [];
  for (const field of FIELDS) {
    const value = answer[field];
    if (Array.isArray(value)) items.push(...value.map((item) => `${field}:${JSON.stringify(canonical(item))}`));
    else if (value !== null && value !== undefined) items.push(`${field}:${JSON.stringify(value)}`);
  }
  return items;
}

function countCommon(found: readonly string[], wanted: readonly string[]): number {
  const left = [...found];
  return wanted.filter((item) => {
    const at = left.indexOf(item);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  }).length;
}

export function scoreAnswers(pairs: readonly { wanted: Answer; text: string }[]): Score {
  const right = new Map<string, number>(FIELDS.map((field) => [field, 0]));
  let [valid, whole, common, found, wantedItems] = [0, 0, 0, 0, 0];
  for (const { wanted, text } of pairs) {
    const answer = parseAnswer(text);
    valid += answer === null ? 0 : 1;
    const hits = FIELDS.filter((field) => answer !== null && field in answer && isSame(answer[field], wanted[field]));
    for (const field of hits) right.set(field, (right.get(field) ?? 0) + 1);
    whole += hits.length === FIELDS.length ? 1 : 0;
    const [got, expected] = [itemsOf(answer ?? {}), itemsOf(wanted)];
    common += countCommon(got, expected);
    found += got.length;
    wantedItems += expected.length;
  }
  const share = (n: number, of: number): number => (of === 0 ? 1 : n / of);
  const sum = (fields: readonly string[]): number =>
    fields.reduce((total, field) => total + (right.get(field) ?? 0), 0);
  const reports = pairs.length;
  return {
    reports,
    validJson: share(valid, reports),
    fields: share(sum(FIELDS), reports * FIELDS.length),
    byField: Object.fromEntries(
      FIELDS.map((field) => [field, share(right.get(field) ?? 0, reports)]),
    ) as Score['byField'],
    surrogateFields: share(sum(SURROGATE_FIELDS), reports * SURROGATE_FIELDS.length),
    wholeReports: share(whole, reports),
    itemPrecision: share(common, found),
    itemRecall: share(common, wantedItems),
  };
}
