// What a field takes, in words: the schemas of requests.ts say it where they are refused. Each sentence goes on after
// "this engine"; none repeats what was sent. Imports: zod.
import { z } from 'zod';

export function number(least: number, most: number) {
  const error = `takes a number of ${least} to ${most}`;
  return z.number({ error }).min(least, { error }).max(most, { error });
}

export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER) {
  const range = most === Number.MAX_SAFE_INTEGER ? `${least} or more` : `${least} to ${most}`;
  const error = `takes a whole number of ${range}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
}

/** For unions told apart by one field: what that field may be. */
export function kindError(kinds: string): z.core.$ZodErrorMap {
  return ({ code }) => (code === 'invalid_union' ? `takes ${kinds}` : undefined);
}

/** For whatever has no words of its own. */
export const fieldSentence: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === 'invalid_type') return takes(NOUNS[issue.expected] ?? issue.expected, issue.input);
  if (issue.code === 'invalid_value') return takes(issue.values.map(String).join(' or '), issue.input);
  if (issue.code === 'too_small') {
    return issue.origin === 'array' ? `takes a list of ${issue.minimum} or more` : 'takes a text that is not empty';
  }
  if (issue.code === 'too_big')
    return `takes ${issue.origin === 'array' ? 'a list' : 'a text'} of at most ${issue.maximum}`;
  return 'does not take this';
};

function takes(what: string, given: unknown): string {
  return given === undefined ? `needs ${what} here` : `takes ${what}`;
}

const NOUNS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};
