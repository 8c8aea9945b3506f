import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '../errors.ts';
import { openaiErrorFrom, renderOpenaiError } from './openai-errors.ts';

test('an error has the four members that client libraries read', () => {
  const error = fail('unknown_field', { param: 'messages[2].foo', detail: 'No such field.', remedy: 'Leave it out.' });
  assert.deepEqual(renderOpenaiError(error), {
    error: {
      message: 'No such field. Leave it out.',
      type: 'invalid_request_error',
      param: 'messages[2].foo',
      code: 'unknown_field',
    },
  });
  assert.equal(renderOpenaiError(fail('internal', { detail: 'x' })).error.param, null);
});

test('a refusal of an engine becomes one of ours, whatever its shape', () => {
  const cases: [unknown, string, string | undefined][] = [
    [
      { error: { message: 'bad stop', type: 'BadRequestError', param: 'stop', code: 400 } },
      'unsupported_parameter',
      'stop',
    ],
    [{ object: 'error', message: 'maximum context length is 5', code: 400 }, 'context_length_exceeded', undefined],
    [{ error: { message: 'x', code: 'context_length_exceeded' } }, 'context_length_exceeded', undefined],
    [{ error: { message: 'x', type: 'exceed_context_size_error' } }, 'context_length_exceeded', undefined],
    [{ error: { message: 'x', code: 'invalid_value', param: 'n' } }, 'invalid_field', 'n'],
    [{ error: 'plain words' }, 'unsupported_parameter', undefined],
    ['no', 'unsupported_parameter', undefined],
    [null, 'unsupported_parameter', undefined],
  ];
  for (const [body, code, param] of cases) {
    const error = openaiErrorFrom(body);
    assert.deepEqual([error.code, error.param, error.status], [code, param, 400], JSON.stringify(body));
    assert.notEqual(error.message, '');
  }
});
