// Canonical JSON (RFC 8785): one value has one byte string, so that an entry can be hashed, compared and checked for
// having been written by us and not reformatted by somebody. ECMAScript's own number and string forms are those that the
// RFC prescribes; what is added is the order of keys and the refusal of what JSON cannot say.
// May import: the error of this room.

import { FormatError } from './format-error.ts';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

const MAX_DEPTH = 64;

/**
 * The canonical text of a JSON value. Members whose value is `undefined` are left out, as JSON.stringify does.
 * Throws `json_invalid` for lone surrogates, NaN, infinities, functions, bigints, class instances and depth over 64.
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0);
}

function write(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return writeString(value);
    case 'number':
      if (!Number.isFinite(value)) throw new FormatError('json_invalid', 'a number is not finite');
      return JSON.stringify(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      if (depth >= MAX_DEPTH) throw new FormatError('json_invalid', `nested deeper than ${MAX_DEPTH} levels`);
      return Array.isArray(value) ? writeArray(value, depth) : writeObject(value, depth);
    case 'bigint':
    case 'function':
    case 'symbol':
    case 'undefined':
    default:
      throw new FormatError('json_invalid', `a ${typeof value} cannot stand in JSON`);
  }
}

function writeString(value: string): string {
  if (!value.isWellFormed()) throw new FormatError('json_invalid', 'a string holds a lone surrogate');
  return JSON.stringify(value);
}

/** Keys are few and come again with every record; those of unknown making are bounded. */
const MAX_KEYS = 1_000;
const keys = new Map<string, string>();

function writeKey(key: string): string {
  let text = keys.get(key);
  if (text === undefined) {
    text = writeString(key);
    if (keys.size < MAX_KEYS) keys.set(key, text);
  }
  return text;
}

function writeArray(items: readonly unknown[], depth: number): string {
  let text = '[';
  for (let i = 0; i < items.length; i += 1) text += (i === 0 ? '' : ',') + write(items[i], depth + 1);
  return `${text}]`;
}

function writeObject(object: object, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new FormatError('json_invalid', 'only plain objects can stand in JSON');
  }
  const members = object as Record<string, unknown>;
  let text = '';
  // The default order of sort() is by UTF-16 code units, which is the order that RFC 8785 3.2.3 asks for.
  for (const key of Object.keys(members).sort()) {
    const member = members[key];
    if (member === undefined) continue;
    text += `${text === '' ? '' : ','}${writeKey(key)}:${write(member, depth + 1)}`;
  }
  return `{${text}}`;
}
