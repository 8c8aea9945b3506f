// What comes in, against its schema; the first thing that is wrong becomes an error naming the field as the caller
// wrote it, never the value. Imports errors and zod.

import type * as z from 'zod';
import { fail } from '../../errors.ts';

export function validate<S extends z.ZodType>(
  schema: S,
  value: unknown,
  where: 'path' | 'query' | 'body',
): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = (issue?.path ?? []).map(String);
  if (issue?.code === 'unrecognized_keys') {
    const param = [...path, issue.keys[0] ?? ''].join('.');
    throw fail('unknown_field', { param, detail: `The ${where} has a field that is not known: ${param}.` });
  }
  const param = path.join('.') || where;
  const missing = issue?.code === 'invalid_type' && path.reduce<unknown>(childOf, value) === undefined;
  if (missing) throw fail('missing_field', { param, detail: `The ${where} lacks ${param}.` });
  throw fail('invalid_field', { param, detail: `${param}: ${issue?.message ?? 'has a wrong value'}.` });
}

function childOf(parent: unknown, key: string): unknown {
  return typeof parent === 'object' && parent !== null ? (parent as Record<string, unknown>)[key] : undefined;
}
