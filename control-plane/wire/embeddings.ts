// POST /v1/embeddings: every field of the request and what it is to redaction. Imports field and shared-fields.

import { array, either, integer, name, object, refuse, required, text, word } from './field.ts';
import { COUNT, endUser } from './shared-fields.ts';

const tokenArray = refuse('token numbers cannot be read as text and so not redacted', 'Send the input as text.');

export const EMBEDDINGS = object({
  model: required(name('Name of a Model; one that is not known is 404.')),
  input: required(either(text(), array(either(text(), tokenArray), 1))),
  dimensions: integer(1, 1_000_000),
  encoding_format: word('float', 'base64'),
  user: endUser,
  truncate_prompt_tokens: integer(-1, COUNT, 'vLLM'),
});
