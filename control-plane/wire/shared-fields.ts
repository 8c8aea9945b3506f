// Fields that several endpoints share, so that a field means the same wherever it stands. Imports field.

import {
  boolean,
  type Field,
  integer,
  number,
  object,
  refuse,
  required,
  schema,
  tagged,
  text,
  tokens,
  word,
} from './field.ts';

/** No identifier of a person fits in 32 bits and a sign; llama.cpp's seeds are of this size. */
const INT32 = 2 ** 31 - 1;
const UINT32 = 2 ** 32 - 1;
/** Token counts: past any context, short of any phone number. */
export const COUNT = 100_000_000;

export const USE_RESPONSE_FORMAT = 'Use response_format with type json_schema.';
const ENGINE_CONTROL = 'it steers the engine past what the gateway checks';
const LEAVE_IT_OUT = 'Leave the field out.';

/** A token list cannot be restored byte for byte: a surrogate's tokens do not map on the tokens of the value. */
export const logprobs: Field = refuse(
  'log probabilities list tokens, and the tokens of a stand-in are not the tokens of the value it stands for',
  'Leave the field out or set it to false.',
  [false],
);

export const sampling = {
  frequency_penalty: number(-2, 2),
  presence_penalty: number(-2, 2),
  temperature: number(0, 5),
  top_p: number(0, 1),
  seed: integer(-INT32, UINT32),
  logit_bias: tokens(-100, 100),
  n: integer(1, 128),
} as const satisfies Record<string, Field>;

export const streamOptions: Field = object({
  include_usage: boolean(),
  include_obfuscation: boolean(),
  continuous_usage_stats: boolean('vLLM'),
});

/** Fields of vLLM and llama.cpp beyond OpenAI's: harmless numbers pass, the rest is refused with its reason. */
export const engineExtras = {
  top_k: integer(-1, COUNT, 'vLLM, llama.cpp'),
  min_p: number(0, 1, 'vLLM, llama.cpp'),
  typical_p: number(0, 1, 'llama.cpp'),
  repetition_penalty: number(0, 10, 'vLLM'),
  repeat_penalty: number(0, 10, 'llama.cpp'),
  length_penalty: number(-10, 10, 'vLLM'),
  min_tokens: integer(0, COUNT, 'vLLM'),
  ignore_eos: boolean('vLLM, llama.cpp'),
  skip_special_tokens: boolean('vLLM'),
  spaces_between_special_tokens: boolean('vLLM'),
  include_stop_str_in_output: boolean('vLLM'),
  cache_prompt: boolean('llama.cpp'),
  cache_salt: refuse('the gateway sets it itself, to keep tenants apart in the cache', LEAVE_IT_OUT),
  priority: refuse('the order of requests is not for the caller to set', LEAVE_IT_OUT),
  kv_transfer_params: refuse(ENGINE_CONTROL, LEAVE_IT_OUT),
  vllm_xargs: refuse(ENGINE_CONTROL, LEAVE_IT_OUT),
  logits_processors: refuse(ENGINE_CONTROL, LEAVE_IT_OUT),
  id_slot: refuse(ENGINE_CONTROL, LEAVE_IT_OUT),
  prompt_logprobs: logprobs,
  return_token_ids: logprobs,
  return_tokens_as_token_ids: logprobs,
  grammar: refuse('a grammar of the engine would not let a stand-in through', USE_RESPONSE_FORMAT),
  json_schema: refuse('the schema has a field of its own', USE_RESPONSE_FORMAT),
  structured_outputs: refuse('the schema has a field of its own', USE_RESPONSE_FORMAT),
  guided_json: refuse('the schema has a field of its own', USE_RESPONSE_FORMAT),
  guided_regex: refuse('a pattern of the engine would not let a stand-in through', USE_RESPONSE_FORMAT),
  guided_choice: refuse('the schema has a field of its own', 'Use response_format with an enum.'),
  guided_grammar: refuse('a grammar of the engine would not let a stand-in through', USE_RESPONSE_FORMAT),
} as const satisfies Record<string, Field>;

export const endUser: Field = text('Your own name for the end user.');

export const responseFormat = tagged('type', {
  text: object({ type: required(word('text')) }),
  json_object: object({ type: required(word('json_object')) }),
  json_schema: object({
    type: required(word('json_schema')),
    json_schema: required(object({ name: required(text()), description: text(), schema: schema(), strict: boolean() })),
  }),
});
