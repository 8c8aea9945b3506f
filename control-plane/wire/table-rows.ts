// A table, flattened: one row a field, nested ones too, each with its path. For the reference page and for the tests
// that hold the tables against the official types. Imports field.

import type { ArrayField, EitherField, Field, ObjectField, TaggedField } from './field.ts';

type Leaf = Exclude<Field, ArrayField | EitherField | ObjectField | TaggedField>;

export interface TableRow {
  /** `messages[]{role=user}.content[]{type=text}.text`. */
  readonly path: string;
  readonly field: Leaf;
  readonly required: boolean;
}

export function tableRows(table: ObjectField): TableRow[] {
  return [...rowsOf(table, '', false)];
}

function* rowsOf(field: Field, path: string, required: boolean): Generator<TableRow> {
  switch (field.kind) {
    case 'array':
      yield* rowsOf(field.of, `${path}[]`, required);
      return;
    case 'either':
      for (const one of field.cases) yield* rowsOf(one, path, required);
      return;
    case 'tagged':
      for (const [value, shape] of Object.entries(field.cases)) {
        if (shape.kind === 'refuse') yield { path: `${path}{${field.tag}=${value}}`, field: shape, required: false };
        else yield* rowsOf(shape, path, required);
      }
      return;
    case 'object': {
      const tagged = path + tagOf(field);
      for (const [key, member] of Object.entries(field.fields)) {
        yield* rowsOf(member, tagged === '' ? key : `${tagged}.${key}`, member.required === true);
      }
      return;
    }
    case 'text':
    case 'schema':
    case 'json':
    case 'safe':
    case 'refuse':
    case 'tokens':
      yield { path, field, required };
  }
}

/** `{role=user}` for an object that says in one required word what it is. */
function tagOf({ fields }: ObjectField): string {
  for (const tag of ['role', 'type']) {
    const field = Object.hasOwn(fields, tag) ? fields[tag] : undefined;
    if (field?.kind === 'safe' && field.required === true && field.values?.length === 1) {
      return `{${tag}=${field.values[0]}}`;
    }
  }
  return '';
}
