import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createTextDecoder, createTokenText } from './token-text.ts';

it('each family of vocabularies is decoded to bytes', () => {
  const pieces = createTokenText({
    kind: 'llama',
    tokens: ['<s>', '\u2581mot', '<0xC3>', '<0xA9>', 'a\u2581'],
    types: [3, 1, 6, 6, 4],
  });
  assert.equal(pieces.bytes(0).length, 0);
  assert.equal(pieces.bytes(1).toString(), ' mot');
  assert.equal(Buffer.concat([pieces.bytes(2), pieces.bytes(3)]).toString(), 'é');
  assert.equal(pieces.bytes(4).toString(), 'a\u2581', 'user-defined tokens are literal');

  // "Ġ" stands for a space, "Ċ" for a line feed, "Ã©" for the two bytes of é.
  const levels = createTokenText({ kind: 'gpt2', tokens: ['\u0120,', '\u010a', 'Ã©'], types: [1, 1, 1] });
  assert.equal(levels.bytes(0).toString(), ' ,');
  assert.equal(levels.bytes(1).toString(), '\n');
  assert.equal(levels.bytes(2).toString(), 'é');

  const world = createTokenText({ kind: 'rwkv', tokens: ['\\x41\\n', "l\\'a", '\\\\', 'é'], types: [1, 1, 1, 1] });
  assert.deepEqual(
    [0, 1, 2, 3].map((id) => world.bytes(id).toString()),
    ['A\n', "l'a", '\\', 'é'],
  );
});

it('control tokens are silent unless they belong to the answer, and unknown ids are nothing', () => {
  const source = { kind: 'llama', tokens: ['<|end|>', '[TOOL_CALLS]'], types: [3, 3] };
  const text = createTokenText(source, ['[TOOL_CALLS]']);
  assert.equal(text.bytes(0).length, 0);
  assert.equal(text.bytes(1).toString(), '[TOOL_CALLS]');
  assert.equal(text.bytes(99).length, 0);
  assert.deepEqual(
    [...text.controls],
    [
      ['<|end|>', 0],
      ['[TOOL_CALLS]', 1],
    ],
  );
});

it('a character is shown once its last byte is there; a broken one as U+FFFD', () => {
  const decoder = createTextDecoder();
  const bytes = Buffer.from('a🙂é');
  const shown = [...bytes].map((byte) => decoder.push(Buffer.from([byte])));
  assert.deepEqual(shown, ['a', '', '', '', '🙂', '', 'é']);
  assert.equal(decoder.push(Buffer.from([0xf0, 0x9f])), '');
  assert.equal(decoder.end(), '\ufffd');
});
