// POST /v1/completions: every field of the request and what it is to redaction. Imports field and shared-fields.

import { array, boolean, either, integer, name, object, refuse, required, text } from './field.ts';
import { COUNT, endUser, engineExtras, logprobs, responseFormat, sampling, streamOptions } from './shared-fields.ts';

const tokenArray = refuse('token numbers cannot be read as text and so not redacted', 'Send the prompt as text.');

export const COMPLETIONS = object({
  model: required(name('Name of a Model; one that is not known is 404.')),
  response_format: responseFormat,
  prompt: required(either(text(), array(either(text(), tokenArray), 1))),
  suffix: text(),
  stop: either(text(), array(text())),
  bad_words: array(text('vLLM')),
  user: endUser,
  stream: boolean(),
  stream_options: streamOptions,
  ...sampling,
  best_of: integer(1, 128),
  echo: boolean('The prompt comes back restored.'),
  max_tokens: integer(0, COUNT),
  logprobs,
  ...engineExtras,
  stop_token_ids: array(integer(0, 9_999_999, 'vLLM')),
  prompt_embeds: refuse('vectors cannot be read as text and so not redacted', 'Send the prompt as text.'),
});
