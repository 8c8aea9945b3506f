// Reads a request by its table: whatever the table does not know is refused with its path, and every text that it
// knows becomes a slot. One rule for all endpoints, so that a new endpoint is a new table and nothing else.
// Imports field, json and json-text.

import { type AppError, fail } from '../errors.ts';
import type { ArrayField, Field, ObjectField, RefuseField, SafeField, TaggedField } from './field.ts';
import { isObject, itemPath, type JsonObject, type JsonValue, jsonType, memberPath } from './json.ts';
import { JsonText, JsonTooDeep } from './json-text.ts';
import type { KeywordUse } from './schema-keywords.ts';

/** One text of the request, where it stands, and the way to put another in its place (as often as needed). */
export interface TextSlot {
  /** In the caller's own words (`messages[0].content`); may hold keys that the caller chose: for the caller's eyes only. */
  readonly path: string;
  /** The row of the table (`messages[].content`); holds nothing of the caller: fit for records and metrics. */
  readonly row: string;
  readonly text: string;
  /** Who speaks, where the slot stands in a message. */
  readonly role?: string;
  /** Inside JSON: the key that the text stands under. `{"patient": "..."}` says more of its value than the value does. */
  readonly label?: string;
  replace(text: string): void;
}

export interface FieldReading {
  readonly slots: TextSlot[];
  /** Writes that wait until every piece of a JSON text was replaced. */
  readonly settle: (() => void)[];
}

/** Where the walk is: the place, and how a new value is written there. */
interface Place {
  readonly path: string;
  readonly row: string;
  readonly role: string | undefined;
  readonly write: (value: JsonValue) => void;
}

/** Texts of one request: each costs its inspection, however short it is, and others wait meanwhile. */
export const MAX_TEXTS = 50_000;

/**
 * Throws `unknown_field`, `missing_field`, `invalid_field`, `unsupported_content` or `too_deep`, with `param` = the path,
 * and `body_too_large` for more texts than MAX_TEXTS.
 */
export function readFields(table: ObjectField, body: JsonObject): FieldReading {
  const reading: FieldReading = { slots: [], settle: [] };
  readObject(table, body, { path: '', row: '', role: undefined, write: () => undefined }, reading);
  return reading;
}

function readValue(field: Field, value: JsonValue, place: Place, reading: FieldReading): void {
  switch (field.kind) {
    case 'safe':
      checkSafe(field, value, place);
      return;
    case 'refuse':
      if (!field.unless.includes(value as string)) throw refused(field, place.path);
      return;
    case 'text':
      if (typeof value !== 'string') throw wrongType(place.path, 'a string');
      readText(field.json, value, place, reading);
      return;
    case 'json':
      if (!isObject(value)) throw wrongType(place.path, 'an object');
      if (field.stringsOnly) checkStrings(value, place.path);
      readJson(value, 'data', place, reading);
      return;
    case 'schema':
      if (!isObject(value)) throw wrongType(place.path, 'a JSON Schema object');
      readJson(value, 'schema', place, reading);
      return;
    case 'array':
      readArray(field, value, place, reading);
      return;
    case 'object':
      if (!isObject(value)) throw wrongType(place.path, 'an object');
      readObject(field, value, place, reading);
      return;
    case 'tokens':
      checkTokens(field.min, field.max, value, place.path);
      return;
    case 'tagged':
      readTagged(field, value, place, reading);
      return;
    case 'either': {
      const fitting = field.cases.find((one) => fits(one, value));
      if (fitting === undefined) throw wrongType(place.path, field.cases.map(expected).join(' or '));
      readValue(fitting, value, place, reading);
    }
  }
}

function readObject(field: ObjectField, value: JsonObject, place: Place, reading: FieldReading): void {
  const { fields, entries } = field;
  for (const key of Object.keys(value)) {
    if (!Object.hasOwn(fields, key)) throw unknownField(memberPath(place.path, key));
  }
  const role = typeof value['role'] === 'string' && Object.hasOwn(fields, 'role') ? value['role'] : place.role;
  const path = place.path === '' ? '' : `${place.path}.`;
  const row = place.row === '' ? '' : `${place.row}.`;
  for (const [key, member] of entries) {
    const given = Object.hasOwn(value, key) ? value[key] : undefined;
    // OpenAI's types allow null for nearly every optional field: it asks for the default.
    if (given === undefined || given === null) {
      if (member.required === true) throw missingField(path + key);
      continue;
    }
    const write = (next: JsonValue): void => {
      value[key] = next;
    };
    readValue(member, given, { path: path + key, row: row + key, role, write }, reading);
  }
}

function readArray(field: ArrayField, value: JsonValue, place: Place, reading: FieldReading): void {
  if (!Array.isArray(value)) throw wrongType(place.path, 'a list');
  if (value.length < field.min) {
    throw fail('invalid_field', { param: place.path, detail: `${place.path} is empty.`, remedy: 'Give at least one.' });
  }
  for (const [index, item] of value.entries()) {
    const write = (next: JsonValue): void => {
      value[index] = next;
    };
    const inner = { path: itemPath(place.path, index), row: `${place.row}[]`, role: place.role, write };
    readValue(field.of, item, inner, reading);
  }
}

function readTagged(field: TaggedField, value: JsonValue, place: Place, reading: FieldReading): void {
  if (!isObject(value)) throw wrongType(place.path, 'an object');
  const path = memberPath(place.path, field.tag);
  const tag = Object.hasOwn(value, field.tag) ? value[field.tag] : undefined;
  if (tag === undefined || tag === null) throw missingField(path);
  if (typeof tag !== 'string') throw wrongType(path, 'a string');
  const shape = Object.hasOwn(field.cases, tag) ? field.cases[tag] : undefined;
  if (shape === undefined) throw notOneOf(path, Object.keys(field.cases));
  readValue(shape, value, place, reading);
}

function readText(mayBeJson: boolean, value: string, place: Place, reading: FieldReading): void {
  if (value === '') return;
  if (mayBeJson && isJsonContainer(value)) {
    readPieces(value, 'data', place, reading, (rendered) => place.write(rendered));
    return;
  }
  addSlot(
    slot(place, place.path, value, (text) => place.write(text)),
    reading,
  );
}

function readJson(value: JsonObject, use: KeywordUse, place: Place, reading: FieldReading): void {
  readPieces(JSON.stringify(value), use, place, reading, (rendered, changed) =>
    place.write(changed ? (JSON.parse(rendered) as JsonValue) : value),
  );
}

function readPieces(
  raw: string,
  use: KeywordUse,
  place: Place,
  reading: FieldReading,
  write: (rendered: string, changed: boolean) => void,
): void {
  const document = openJson(raw, use, place.path);
  for (const [index, piece] of document.pieces.entries()) {
    const made = slot(place, piece.path, piece.text, (text) => document.replace(index, text));
    addSlot(piece.label === undefined ? made : { ...made, label: piece.label }, reading);
  }
  reading.settle.push(() => write(document.render(), document.changed));
}

function addSlot(made: TextSlot, { slots }: FieldReading): void {
  if (slots.length >= MAX_TEXTS)
    throw fail('body_too_large', {
      detail: `The body holds more than ${MAX_TEXTS} texts.`,
      remedy: 'Send them in several requests.',
    });
  slots.push(made);
}

function openJson(raw: string, use: KeywordUse, path: string): JsonText {
  try {
    return new JsonText(raw, path, use);
  } catch (error) {
    if (error instanceof JsonTooDeep) throw tooDeep(path);
    throw error;
  }
}

function slot({ row, role }: Place, path: string, text: string, replace: (text: string) => void): TextSlot {
  return role === undefined ? { path, row, text, replace } : { path, row, text, role, replace };
}

/** A string that holds a JSON object or list. A lone JSON string or number is read as the plain text it is. */
function isJsonContainer(text: string): boolean {
  if (!/^[ \t\r\n]*[{[]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function fits(field: Field, value: JsonValue): boolean {
  const type = jsonType(value);
  switch (field.kind) {
    case 'refuse':
      return true;
    case 'text':
      return type === 'string';
    case 'safe':
      return type === (field.type === 'word' || field.type === 'name' ? 'string' : jsonNumberOr(field.type));
    case 'array':
      return type === 'array';
    case 'either':
      return field.cases.some((one) => fits(one, value));
    case 'object':
    case 'tagged':
    case 'json':
    case 'schema':
    case 'tokens':
      return type === 'object';
  }
}

function jsonNumberOr(type: 'boolean' | 'integer' | 'number'): 'boolean' | 'number' {
  return type === 'boolean' ? 'boolean' : 'number';
}

function expected(field: Field): string {
  if (field.kind === 'text') return 'a string';
  if (field.kind === 'array') return 'a list';
  if (field.kind !== 'safe') return 'an object';
  return field.values === undefined ? `a ${field.type}` : `one of ${field.values.join(', ')}`;
}

function checkSafe(field: SafeField, value: JsonValue, { path }: Place): void {
  switch (field.type) {
    case 'boolean':
      if (typeof value !== 'boolean') throw wrongType(path, 'true or false');
      return;
    case 'word':
      if (typeof value !== 'string') throw wrongType(path, 'a string');
      if (field.values?.includes(value) !== true) throw notOneOf(path, field.values ?? []);
      return;
    case 'name':
      if (typeof value !== 'string') throw wrongType(path, 'a string');
      if (value === '' || value.length > 256) {
        throw fail('invalid_field', { param: path, detail: `${path} must have 1 to 256 characters.` });
      }
      return;
    case 'integer':
    case 'number':
      if (typeof value !== 'number') throw wrongType(path, field.type === 'integer' ? 'an integer' : 'a number');
      if (field.type === 'integer' && !Number.isInteger(value)) throw wrongType(path, 'an integer');
      checkRange(value, field.min ?? -Infinity, field.max ?? Infinity, path);
  }
}

function checkRange(value: number, min: number, max: number, path: string): void {
  if (value >= min && value <= max) return;
  throw fail('invalid_field', { param: path, detail: `${path} must be between ${min} and ${max}.` });
}

function checkTokens(min: number, max: number, value: JsonValue, path: string): void {
  if (!isObject(value)) throw wrongType(path, 'an object of token ids to numbers');
  for (const [key, weight] of Object.entries(value)) {
    const member = memberPath(path, key);
    // Seven digits count every vocabulary and no person.
    if (!/^\d{1,7}$/.test(key)) {
      throw fail('invalid_field', { param: member, detail: `A key of ${path} is not a token id.` });
    }
    if (typeof weight !== 'number') throw wrongType(member, 'a number');
    checkRange(weight, min, max, member);
  }
}

function checkStrings(value: JsonObject, path: string): void {
  for (const [key, member] of Object.entries(value)) {
    if (typeof member !== 'string') throw wrongType(memberPath(path, key), 'a string');
  }
}

function unknownField(path: string): AppError {
  return fail('unknown_field', {
    param: path,
    detail: `This endpoint has no field ${path}.`,
    remedy: 'What is not known cannot be redacted, so it is refused: leave the field out.',
  });
}

function missingField(path: string): AppError {
  return fail('missing_field', { param: path, detail: `${path} is missing.`, remedy: 'Give it.' });
}

function wrongType(path: string, wanted: string): AppError {
  return fail('invalid_field', { param: path, detail: `${path} must be ${wanted}.` });
}

function notOneOf(path: string, values: readonly string[]): AppError {
  return fail('invalid_field', { param: path, detail: `${path} must be one of: ${values.join(', ')}.` });
}

function refused(field: RefuseField, path: string): AppError {
  return fail('unsupported_content', {
    param: path,
    detail: `${path} is refused: ${field.why}.`,
    remedy: field.remedy,
  });
}

export function tooDeep(path: string): AppError {
  return fail('too_deep', {
    ...(path === '' ? {} : { param: path }),
    detail: `${path === '' ? 'The body' : path} nests more than 64 levels deep.`,
    remedy: 'Send it flatter.',
  });
}
