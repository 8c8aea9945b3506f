import assert from 'node:assert/strict';
import { it } from 'node:test';
import { jsonSchemaGrammar } from './json-grammar.ts';
import { WireError } from './wire-error.ts';

it('a keyword that would not be enforced is refused with its path', () => {
  const table: [unknown, string][] = [
    [{ type: 'string', pattern: '^a' }, 's.pattern'],
    [{ type: 'integer', minimum: 1 }, 's.minimum'],
    [{ type: 'object', properties: { a: { type: 'number', multipleOf: 2 } } }, 's.properties.a.multipleOf'],
    [{ type: 'array', items: { type: 'string', format: 'email' } }, 's.items.format'],
    [{ type: 'array', uniqueItems: true }, 's.uniqueItems'],
    [{ type: 'object', patternProperties: {} }, 's.patternProperties'],
    [{ type: 'object', required: ['a'] }, 's.required'],
    [{ allOf: [{ type: 'object' }, { type: 'object' }] }, 's.allOf'],
    [{ not: { type: 'string' } }, 's.not'],
    [{ $ref: 'https://example.org/schema' }, 's.$ref'],
    [{ $ref: '#/$defs/missing' }, 's.$ref'],
    [{ type: 'text' }, 's.type'],
    [{ type: ['string', 5] }, 's.type'],
    [{ enum: [] }, 's.enum'],
    [{ type: 'array', minItems: 3, maxItems: 2 }, 's.maxItems'],
    [{ type: 'string', maxLength: 1e9 }, 's.maxLength'],
    [{ type: 'object', properties: { a: false } }, 's.properties.a'],
    [{ anyOf: [{ type: 'string', minimum: 3 }] }, 's.anyOf[0].minimum'],
    ['text', 's'],
  ];
  for (const [schema, path] of table) {
    assert.throws(
      () => jsonSchemaGrammar(schema, 's'),
      (error: unknown) => error instanceof WireError && error.code === 'unsupported_schema' && error.param === path,
      JSON.stringify(schema),
    );
  }
});

it('schemas without an end and without a bound are refused, not followed', () => {
  let deep: Record<string, unknown> = { type: 'null' };
  for (let level = 0; level < 50; level += 1) deep = { type: 'array', items: deep };
  assert.throws(() => jsonSchemaGrammar(deep, 's'), WireError);
  const wide = Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`p${index}`, { enum: [index] }]));
  assert.throws(() => jsonSchemaGrammar({ type: 'object', properties: wide }, 's'), WireError);
  const circular = { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } };
  assert.throws(() => jsonSchemaGrammar(circular, 's'), WireError);
});

it('annotations are allowed anywhere, and property names are quoted', () => {
  const schema = {
    title: 't',
    $schema: 'x',
    type: 'object',
    properties: { 'a"\n': { type: 'null', description: 'd' } },
  };
  assert.match(jsonSchemaGrammar(schema, 's'), /"\\"a\\\\\\"\\\\n\\""/);
});
