// The words in which the tables of this room are written. A table says of every field of a request what it is to
// redaction: words of people (`text`, `json`, `schema`), of no consequence (`safe`), or not accepted (`refuse`).
// One table drives reading, redaction, the reference page and the coverage test, so that they cannot part ways.
// Imports nothing.

interface Row {
  readonly required?: boolean;
  /** One sentence for the reference page. */
  readonly note?: string;
}

/** Words: scanned and replaced. With `json`, a string that holds a JSON document is scanned leaf by leaf and stays JSON. */
export interface TextField extends Row {
  readonly kind: 'text';
  readonly json: boolean;
}
/** A JSON Schema: descriptions, names, enums, constants and examples are text, the keywords themselves are not. */
export interface SchemaField extends Row {
  readonly kind: 'schema';
}
/** Any JSON object: every key, string and long number in it is text. */
export interface JsonField extends Row {
  readonly kind: 'json';
  /** Only strings are accepted as values (`metadata`). */
  readonly stringsOnly: boolean;
}
/** Nothing personal fits in: a closed list of words, a boolean, or a number inside narrow bounds. */
export interface SafeField extends Row {
  readonly kind: 'safe';
  readonly type: 'boolean' | 'integer' | 'number' | 'word' | 'name';
  readonly values?: readonly string[];
  readonly min?: number;
  readonly max?: number;
}
/** Not accepted, because it cannot be redacted or would leave the walls. `unless` lists values that ask for nothing. */
export interface RefuseField extends Row {
  readonly kind: 'refuse';
  readonly why: string;
  readonly remedy: string;
  readonly unless: readonly (string | number | boolean)[];
}
export interface ArrayField extends Row {
  readonly kind: 'array';
  readonly of: Field;
  readonly min: number;
}
export interface ObjectField extends Row {
  readonly kind: 'object';
  readonly fields: Readonly<Record<string, Field>>;
  /** The same, listed once: the order in which texts are read. */
  readonly entries: readonly (readonly [string, Field])[];
}
/** Token ids to numbers (`logit_bias`). */
export interface TokenMapField extends Row {
  readonly kind: 'tokens';
  readonly min: number;
  readonly max: number;
}
/** An object whose shape is told by one of its own members. */
export interface TaggedField extends Row {
  readonly kind: 'tagged';
  readonly tag: string;
  readonly cases: Readonly<Record<string, ObjectField | RefuseField>>;
}
/** The first case that fits the JSON type of the value; a `refuse` fits all. */
export interface EitherField extends Row {
  readonly kind: 'either';
  readonly cases: readonly Field[];
}

export type Field =
  | TextField
  | SchemaField
  | JsonField
  | SafeField
  | RefuseField
  | ArrayField
  | ObjectField
  | TokenMapField
  | TaggedField
  | EitherField;

export const text = (note?: string): TextField => ({ kind: 'text', json: false, ...noted(note) });
export const textOrJson = (note?: string): TextField => ({ kind: 'text', json: true, ...noted(note) });
export const schema = (note?: string): SchemaField => ({ kind: 'schema', ...noted(note) });
export const json = (note?: string): JsonField => ({ kind: 'json', stringsOnly: false, ...noted(note) });
export const strings = (note?: string): JsonField => ({ kind: 'json', stringsOnly: true, ...noted(note) });
export const boolean = (note?: string): SafeField => ({ kind: 'safe', type: 'boolean', ...noted(note) });
export const integer = (min: number, max: number, note?: string): SafeField => ({
  kind: 'safe',
  type: 'integer',
  min,
  max,
  ...noted(note),
});
export const number = (min: number, max: number, note?: string): SafeField => ({
  kind: 'safe',
  type: 'number',
  min,
  max,
  ...noted(note),
});
export const word = (...values: string[]): SafeField => ({ kind: 'safe', type: 'word', values });
/** A name that must be one of ours before anything is sent. */
export const name = (note?: string): SafeField => ({ kind: 'safe', type: 'name', ...noted(note) });
export const refuse = (
  why: string,
  remedy: string,
  unless: readonly (string | number | boolean)[] = [],
): RefuseField => ({ kind: 'refuse', why, remedy, unless });
export const array = (of: Field, min = 0): ArrayField => ({ kind: 'array', of, min });
export const object = (fields: Readonly<Record<string, Field>>): ObjectField => ({
  kind: 'object',
  fields,
  entries: Object.entries(fields),
});
export const tokens = (min: number, max: number): TokenMapField => ({ kind: 'tokens', min, max });
export const tagged = (tag: string, cases: Readonly<Record<string, ObjectField | RefuseField>>): TaggedField => ({
  kind: 'tagged',
  tag,
  cases,
});
export const either = (...cases: Field[]): EitherField => ({ kind: 'either', cases });

export function required<F extends Field>(field: F): F {
  return { ...field, required: true };
}

function noted(note: string | undefined): { note?: string } {
  return note === undefined ? {} : { note };
}
