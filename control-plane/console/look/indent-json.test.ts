import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { indentJson } from './indent-json.ts';

test('indenting changes no value, and every place within a string is carried over', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(undefined, 1, '\t'), (value, space) => {
      const given = JSON.stringify(value, null, space);
      const { text, placeOf } = indentJson(given);
      assert.deepEqual(JSON.parse(text), JSON.parse(given));
      for (const { index, 0: found } of given.matchAll(/"(?:[^"\\]|\\.)*"/g)) {
        assert.equal(text.slice(placeOf(index), placeOf(index + found.length - 1) + 1), found);
      }
    }),
  );
});

test('an object is broken into lines, an empty one is not, and what is no JSON stays', () => {
  const lines = ['{', '  "a": [', '    1,', '    {}', '  ],', '  "b": "x, {y}"', '}'];
  assert.equal(indentJson('{"a":[1,{}],"b":"x, {y}"}').text, lines.join('\n'));
  for (const text of ['Bonjour.', '{"a":', '"word"', '']) assert.equal(indentJson(text).text, text);
});
