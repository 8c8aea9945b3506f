import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBoundedTokenizer } from './bounded-tokenizer.ts';
import { WireError } from './wire-error.ts';

test('a text that cannot fit is refused before it is tokenized; one that may fit is not', () => {
  const asked: number[] = [];
  const tokenize = createBoundedTokenizer(
    (text) => {
      asked.push(text.length);
      return Array.from({ length: text.length }, () => 1);
    },
    5,
    100,
  );
  assert.equal(tokenize('x'.repeat(500), 'messages').length, 500, 'it counts tokens only where they could fit');
  assert.throws(
    () => tokenize('é'.repeat(251), 'input[2]'),
    (error) => error instanceof WireError && error.code === 'context_length_exceeded' && error.param === 'input[2]',
  );
  assert.deepEqual(asked, [500]);
});
