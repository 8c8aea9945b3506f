// What a JSON Schema's keywords hold (draft 2020-12, and the older names that models are still given): which members
// are schemas again, which are maps of them, and which are data. Whatever is not listed is read as data: scanned whole.
// Imports nothing.

/**
 * How a value is read: `schema` (one, or a list of them), `schemas` (names to schemas), `plain` (a word of the schema
 * language where it is one, else text) or `data` (every key, string and long number is text).
 */
export type KeywordUse = 'schema' | 'schemas' | 'plain' | 'data';

const KEYWORDS: ReadonlyMap<string, KeywordUse> = new Map([
  ...use('schema', 'items', 'prefixItems', 'additionalItems', 'contains', 'additionalProperties', 'propertyNames'),
  ...use('schema', 'unevaluatedItems', 'unevaluatedProperties', 'allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else'),
  ...use('schemas', 'properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'),
  ...use('plain', 'type', '$schema'),
  ...use('data', 'title', 'description', '$comment', '$id', '$anchor', '$ref', '$dynamicRef', '$dynamicAnchor'),
  ...use('data', 'default', 'const', 'enum', 'examples', 'pattern', 'format', 'contentMediaType', 'contentEncoding'),
  ...use('data', 'required', 'dependentRequired', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'),
  ...use('data', 'multipleOf', 'minLength', 'maxLength', 'minItems', 'maxItems', 'uniqueItems', 'minContains'),
  ...use('data', 'maxContains', 'minProperties', 'maxProperties', 'readOnly', 'writeOnly', 'deprecated', 'nullable'),
]);

const TYPES = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']);

/** How the value of a keyword is read, or undefined for a key that is no keyword. */
export function schemaKeyword(key: string): KeywordUse | undefined {
  return KEYWORDS.get(key);
}

/** Whether a string under `type` or `$schema` is a word of the schema language and so needs no look. */
export function leafIsPlain(keyword: string, text: string): boolean {
  if (keyword === 'type') return TYPES.has(text);
  return /^https?:\/\/json-schema\.org\/draft[\w./-]{0,40}#?$/.test(text);
}

function use(how: KeywordUse, ...keys: string[]): [string, KeywordUse][] {
  return keys.map((key) => [key, how]);
}
