// POST /v1/chat/completions: every field of the request and what it is to redaction. The order is the order in which
// texts are read and so numbered: first what stays the same over a conversation (tools, schema), then the messages,
// so that a growing history keeps its numbers and the engine keeps its prefix cache.
// Imports field and shared-fields.

import {
  array,
  boolean,
  either,
  type Field,
  integer,
  json,
  name,
  object,
  refuse,
  required,
  schema,
  strings,
  tagged,
  text,
  textOrJson,
  word,
} from './field.ts';
import { COUNT, endUser, engineExtras, logprobs, responseFormat, sampling, streamOptions } from './shared-fields.ts';

const NOT_TEXT = 'Send text; extract it from the document first.';
const LEAVE_IT_OUT = 'Leave the field out.';

const cacheBreakpoint = object({ mode: required(word('explicit')), ttl: word('30m', '12h') });
const textPart = object({
  type: required(word('text')),
  text: required(text()),
  prompt_cache_breakpoint: cacheBreakpoint,
});
const refusalPart = object({ type: required(word('refusal')), refusal: required(text()) });
const textOnly = either(text(), array(tagged('type', { text: textPart }), 1));
const userContent = either(
  text(),
  array(
    tagged('type', {
      text: textPart,
      image_url: refuse('images cannot be redacted', NOT_TEXT),
      input_audio: refuse('audio cannot be redacted', NOT_TEXT),
      file: refuse('files cannot be redacted', NOT_TEXT),
      video_url: refuse('videos cannot be redacted', NOT_TEXT),
      audio_url: refuse('audio cannot be redacted', NOT_TEXT),
    }),
    1,
  ),
);

const calledFunction = object({
  name: required(text()),
  arguments: required(textOrJson('Read as JSON: every key, string and long number; not JSON: as plain text.')),
});
const toolCall = tagged('type', {
  function: object({ id: required(text()), type: required(word('function')), function: required(calledFunction) }),
  custom: object({
    id: required(text()),
    type: required(word('custom')),
    custom: required(object({ name: required(text()), input: required(text()) })),
  }),
});

const message = tagged('role', {
  system: object({ role: required(word('system')), content: required(textOnly), name: text() }),
  developer: object({ role: required(word('developer')), content: required(textOnly), name: text() }),
  user: object({ role: required(word('user')), content: required(userContent), name: text() }),
  assistant: object({
    role: required(word('assistant')),
    reasoning_content: text('As vLLM and llama.cpp return it.'),
    reasoning: text('As vLLM returns it.'),
    content: either(text(), array(tagged('type', { text: textPart, refusal: refusalPart }), 1)),
    refusal: text(),
    name: text(),
    tool_calls: array(toolCall),
    function_call: calledFunction,
    annotations: json('As answers carry them.'),
    audio: refuse('audio cannot be redacted', NOT_TEXT),
  }),
  tool: object({
    role: required(word('tool')),
    content: required(
      either(textOrJson('Read as JSON where it is an object or a list.'), array(tagged('type', { text: textPart }), 1)),
    ),
    tool_call_id: required(text()),
    name: text('Not OpenAI; many clients send it.'),
  }),
  function: object({ role: required(word('function')), name: required(text()), content: textOrJson() }),
});

const functionDefinition = {
  name: required(text()),
  description: text(),
  parameters: schema(),
} as const satisfies Record<string, Field>;

const tool = tagged('type', {
  function: object({
    type: required(word('function')),
    function: required(object({ ...functionDefinition, strict: boolean() })),
  }),
  custom: object({
    type: required(word('custom')),
    custom: required(
      object({
        name: required(text()),
        description: text(),
        format: tagged('type', {
          text: object({ type: required(word('text')) }),
          grammar: object({
            type: required(word('grammar')),
            grammar: required(object({ definition: required(text()), syntax: required(word('lark', 'regex')) })),
          }),
        }),
      }),
    ),
  }),
});

const named = object({ name: required(text()) });
const toolChoice = either(
  word('none', 'auto', 'required'),
  tagged('type', {
    function: object({ type: required(word('function')), function: required(named) }),
    custom: object({ type: required(word('custom')), custom: required(named) }),
    allowed_tools: object({
      type: required(word('allowed_tools')),
      allowed_tools: required(object({ mode: required(word('auto', 'required')), tools: required(array(json())) })),
    }),
  }),
);

export const CHAT_COMPLETIONS = object({
  model: required(name('Name of a Model; one that is not known is 404.')),
  tools: array(tool),
  functions: array(object(functionDefinition), 1),
  tool_choice: toolChoice,
  function_call: either(word('none', 'auto'), named),
  response_format: responseFormat,
  messages: required(array(message, 1)),
  prediction: object({ type: required(word('content')), content: required(textOnly) }),
  stop: either(text(), array(text())),
  bad_words: array(text('vLLM')),
  user: endUser,
  safety_identifier: text(),
  prompt_cache_key: text(),
  metadata: strings(),
  stream: boolean(),
  stream_options: streamOptions,
  ...sampling,
  max_tokens: integer(0, COUNT),
  max_completion_tokens: integer(0, COUNT),
  parallel_tool_calls: boolean(),
  reasoning_effort: word('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'),
  verbosity: word('low', 'medium', 'high'),
  service_tier: word('auto', 'default', 'flex', 'scale', 'priority', 'fast'),
  prompt_cache_options: object({ mode: word('implicit', 'explicit'), ttl: word('30m') }),
  prompt_cache_retention: word('in_memory', '24h'),
  modalities: array(refuse('only text can be redacted', 'Ask for text alone.', ['text'])),
  logprobs,
  top_logprobs: logprobs,
  store: refuse(
    'answers are not kept: nothing outside the audit log may hold them',
    'Leave it out or set it to false.',
    [false],
  ),
  audio: refuse('audio cannot be redacted', LEAVE_IT_OUT),
  moderation: refuse('it calls a service outside the walls', LEAVE_IT_OUT),
  web_search_options: refuse('a web search would carry the conversation outside', LEAVE_IT_OUT),
  ...engineExtras,
  stop_token_ids: array(integer(0, 9_999_999, 'vLLM')),
  add_generation_prompt: boolean('vLLM, llama.cpp'),
  continue_final_message: boolean('vLLM'),
  include_reasoning: boolean('vLLM'),
  chat_template_kwargs: object({ enable_thinking: boolean('vLLM, llama.cpp'), thinking: boolean('vLLM') }),
  chat_template: refuse('a template is a program, and it sees every message', LEAVE_IT_OUT),
  documents: refuse('their shape is the template’s own', 'Put the documents into a message.'),
  mm_processor_kwargs: refuse('only text can be redacted', LEAVE_IT_OUT),
  echo: refuse('it repeats the last message as part of the answer', LEAVE_IT_OUT, [false]),
});
