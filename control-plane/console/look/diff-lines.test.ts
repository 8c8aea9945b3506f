import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { diffLines } from './diff-lines.ts';

test('a diff holds both texts, whatever they are', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 }).map((lines) => lines.join('\n'));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = diffLines(before, after);
      const side = (left: string) => lines.filter(({ kind }) => kind !== left).map((line) => line.text);
      assert.equal(side('added').join('\n'), before);
      assert.equal(side('removed').join('\n'), after);
    }),
  );
});

test('what stays is not told as a change', () => {
  assert.deepEqual(
    diffLines('a\nb\nc', 'a\nx\nc').map(({ kind, text }) => `${kind} ${text}`),
    ['same a', 'removed b', 'added x', 'same c'],
  );
});
