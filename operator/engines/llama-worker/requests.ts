// Reads the bodies of OpenAI's three text endpoints into what the worker can do, and refuses the rest with the path
// of the field: a parameter is served or it is a 400, never ignored. Imports: field-sentences, json-grammar, tool-calls,
// wire-error.
import { z } from 'zod';
import type { Lora } from './adapters.ts';
import { fieldSentence, kindError, number, wholeNumber } from './field-sentences.ts';
import { jsonObjectGrammar, jsonSchemaGrammar } from './json-grammar.ts';
import type { Tool } from './tool-calls.ts';
import { unsupported, WireError } from './wire-error.ts';

/** Sampling as the caller asked for it; what is undefined is left to the defaults of the file. */
export interface Sampling {
  readonly temperature: number | undefined;
  readonly topP: number | undefined;
  readonly topK: number | undefined;
  readonly minP: number | undefined;
  readonly seed: number | undefined;
  readonly presencePenalty: number;
  readonly frequencyPenalty: number;
}

export interface GenerationRequest {
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly choices: number;
  readonly maxTokens: number | undefined;
  readonly stops: readonly string[];
  readonly sampling: Sampling;
  readonly grammar: string | undefined;
  /** State computed for a prompt is only used again for prompts of the same salt. */
  readonly cacheSalt: string;
  readonly lora: Lora | undefined;
}

export type ToolChoice =
  | { readonly kind: 'none' | 'auto' | 'required' }
  | { readonly kind: 'named'; readonly name: string };

export type ChatMessage = z.infer<typeof chatMessage>;

export interface ChatRequest extends GenerationRequest {
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly Tool[];
  /** The tools as the caller wrote them, which is what templates render. */
  readonly rawTools: readonly z.infer<typeof toolSchema>[];
  readonly toolChoice: ToolChoice;
  readonly parallelToolCalls: boolean;
}

export interface CompletionRequest extends GenerationRequest {
  readonly prompts: readonly string[];
}

export interface EmbeddingRequest {
  readonly inputs: readonly string[];
  readonly base64: boolean;
  readonly dimensions: number | undefined;
}

const MAX_CHOICES = 8;
const MAX_INPUTS = 2048;
const json = z.json();
const fraction = number(0, 1).nullish();
const penalty = number(-2, 2).nullish();
const tokens = wholeNumber(1).nullish();
const ignored = z.unknown();

const textPart = z.strictObject({ type: z.literal('text'), text: z.string() });
const content = z.union([z.string(), z.array(textPart)], { error: 'takes a text, or a list of text parts' });
const toolCall = z.strictObject({
  id: z.string().optional(),
  type: z.literal('function').optional(),
  index: z.int().optional(),
  function: z.strictObject({ name: z.string(), arguments: z.string() }),
});
const name = z.string().optional();
const chatMessage = z.discriminatedUnion(
  'role',
  [
    z.strictObject({ role: z.literal('system'), content, name }),
    z.strictObject({ role: z.literal('developer'), content, name }),
    z.strictObject({ role: z.literal('user'), content, name }),
    z.strictObject({
      role: z.literal('assistant'),
      content: content.nullish(),
      name,
      refusal: z.string().nullish(),
      tool_calls: z.array(toolCall).nullish(),
    }),
    z.strictObject({ role: z.literal('tool'), content, tool_call_id: z.string(), name }),
  ],
  { error: kindError('system, developer, user, assistant or tool') },
);
const toolSchema = z.strictObject({
  type: z.literal('function'),
  function: z.strictObject({
    name: z.string().regex(/^[a-zA-Z0-9_.-]{1,64}$/, 'takes 1 to 64 letters, digits, "_", "." and "-"'),
    description: z.string().optional(),
    parameters: z.record(z.string(), json).optional(),
    strict: z.boolean().nullish(),
  }),
});
const responseFormat = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ type: z.literal('text') }),
    z.strictObject({ type: z.literal('json_object') }),
    z.strictObject({
      type: z.literal('json_schema'),
      json_schema: z.strictObject({
        name: z.string().optional(),
        description: z.string().optional(),
        strict: z.boolean().nullish(),
        schema: z.record(z.string(), json),
      }),
    }),
  ],
  { error: kindError('text, json_object or json_schema') },
);

/** What both text endpoints take. The fields that say nothing to an engine (who asks, where to store) are ignored. */
const generation = {
  model: z.string().optional(),
  stream: z.boolean().nullish(),
  stream_options: z
    .strictObject({ include_usage: z.boolean().optional(), include_obfuscation: z.boolean().optional() })
    .nullish(),
  n: wholeNumber(1, MAX_CHOICES).nullish(),
  max_tokens: tokens,
  stop: z
    .union([z.string().min(1), z.array(z.string().min(1)).max(16)], {
      error: 'takes a text that is not empty, or a list of at most 16 of them',
    })
    .nullish(),
  seed: z.int().nullish(),
  temperature: number(0, 2).nullish(),
  top_p: fraction,
  top_k: wholeNumber(0, 1_000_000).nullish(),
  min_p: fraction,
  presence_penalty: penalty,
  frequency_penalty: penalty,
  cache_salt: z.string().max(128).nullish(),
  lora: z
    .array(z.strictObject({ id: wholeNumber(0, 1024), scale: number(-100, 100) }))
    .max(1, 'takes one adapter at a time')
    .nullish(),
  user: ignored.optional(),
  metadata: ignored.optional(),
};

const chatBody = z.strictObject({
  ...generation,
  messages: z.array(chatMessage).min(1),
  max_completion_tokens: tokens,
  response_format: responseFormat.nullish(),
  tools: z.array(toolSchema).max(128).nullish(),
  tool_choice: z
    .union(
      [
        z.enum(['none', 'auto', 'required']),
        z.strictObject({ type: z.literal('function'), function: z.strictObject({ name: z.string() }) }),
      ],
      { error: 'takes none, auto, required, or an object that names a function' },
    )
    .nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  store: ignored.optional(),
  service_tier: ignored.optional(),
  safety_identifier: ignored.optional(),
  prompt_cache_key: ignored.optional(),
  prompt_cache_retention: ignored.optional(),
});

const completionBody = z.strictObject({
  ...generation,
  prompt: z.union([z.string(), z.array(z.string()).min(1).max(64)], {
    error: 'takes a text, or a list of 1 to 64 texts',
  }),
});

const embeddingBody = z.strictObject({
  model: z.string().optional(),
  input: z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(MAX_INPUTS)], {
    error: `takes a text that is not empty, or a list of 1 to ${MAX_INPUTS} of them`,
  }),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: wholeNumber(1).nullish(),
  user: ignored.optional(),
});

/** Fields of OpenAI's that ask for what this engine cannot do, with the values that ask for nothing. */
const UNSERVED: Readonly<Record<string, { neutral: (value: unknown) => boolean; why: string }>> = {
  logprobs: { neutral: (v) => v === false, why: 'it gives no probabilities' },
  top_logprobs: { neutral: (v) => v === 0, why: 'it gives no probabilities' },
  logit_bias: { neutral: isEmptyObject, why: 'single tokens cannot be weighted' },
  modalities: { neutral: (v) => JSON.stringify(v) === '["text"]', why: 'it answers in text only' },
  audio: { neutral: () => false, why: 'it answers in text only' },
  prediction: { neutral: () => false, why: 'it makes no use of predicted output' },
  web_search_options: { neutral: () => false, why: 'it reaches no network' },
  reasoning_effort: { neutral: (v) => v === 'none', why: 'effort cannot be set' },
  verbosity: { neutral: (v) => v === 'medium', why: 'verbosity cannot be set' },
  functions: { neutral: () => false, why: 'use tools' },
  function_call: { neutral: (v) => v === 'none', why: 'use tool_choice' },
  echo: { neutral: (v) => v === false, why: 'it does not repeat the prompt; put it before the answer yourself' },
  best_of: { neutral: (v) => v === 1, why: 'it does not choose among answers; ask for several with n' },
  suffix: { neutral: (v) => v === '', why: 'it does not fill in the middle' },
};

function isEmptyObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

export function readChatRequest(body: unknown): ChatRequest {
  refuseParts(body);
  const read = parse(chatBody, body);
  const tools = read.tools ?? [];
  const choice = read.tool_choice ?? (tools.length > 0 ? 'auto' : 'none');
  const toolChoice: ToolChoice =
    typeof choice === 'string' ? { kind: choice } : { kind: 'named', name: choice.function.name };
  if (toolChoice.kind === 'named' && !tools.some((tool) => tool.function.name === toolChoice.name)) {
    throw new WireError(400, 'invalid_value', 'tool_choice names a tool that is not in tools', 'tool_choice');
  }
  if (toolChoice.kind === 'required' && tools.length === 0) {
    throw new WireError(400, 'invalid_value', 'tool_choice requires a call, and there are no tools', 'tool_choice');
  }
  return {
    ...readGeneration(read, read.max_completion_tokens ?? read.max_tokens ?? undefined),
    grammar: grammarFor(read.response_format ?? undefined),
    messages: read.messages,
    tools: tools.map((tool) => ({ name: tool.function.name, parameters: tool.function.parameters })),
    rawTools: tools,
    toolChoice,
    parallelToolCalls: read.parallel_tool_calls ?? true,
  };
}

export function readCompletionRequest(body: unknown): CompletionRequest {
  const read = parse(completionBody, body);
  return {
    // OpenAI's default for this endpoint.
    ...readGeneration(read, read.max_tokens ?? 16),
    prompts: typeof read.prompt === 'string' ? [read.prompt] : read.prompt,
  };
}

export function readEmbeddingRequest(body: unknown): EmbeddingRequest {
  const read = parse(embeddingBody, body);
  return {
    inputs: typeof read.input === 'string' ? [read.input] : read.input,
    base64: read.encoding_format === 'base64',
    dimensions: read.dimensions ?? undefined,
  };
}

type GenerationBody = z.infer<z.ZodObject<typeof generation, z.core.$strict>>;

function readGeneration(read: GenerationBody, maxTokens: number | undefined): GenerationRequest {
  return {
    stream: read.stream ?? false,
    includeUsage: read.stream_options?.include_usage ?? false,
    choices: read.n ?? 1,
    maxTokens,
    stops: typeof read.stop === 'string' ? [read.stop] : (read.stop ?? []),
    sampling: {
      temperature: read.temperature ?? undefined,
      topP: read.top_p ?? undefined,
      topK: read.top_k ?? undefined,
      minP: read.min_p ?? undefined,
      seed: read.seed ?? undefined,
      presencePenalty: read.presence_penalty ?? 0,
      frequencyPenalty: read.frequency_penalty ?? 0,
    },
    grammar: undefined,
    cacheSalt: read.cache_salt ?? '',
    lora: read.lora?.find(({ scale }) => scale !== 0),
  };
}

function grammarFor(format: z.infer<typeof responseFormat> | undefined): string | undefined {
  if (format === undefined || format.type === 'text') return undefined;
  if (format.type === 'json_object') return jsonObjectGrammar();
  return jsonSchemaGrammar(format.json_schema.schema, 'response_format.json_schema.schema');
}

/** Images, audio and files get a sentence of their own rather than a type error. */
function refuseParts(body: unknown): void {
  if (typeof body !== 'object' || body === null || !('messages' in body) || !Array.isArray(body.messages)) return;
  for (const [at, message] of body.messages.entries()) {
    const parts: unknown =
      typeof message === 'object' && message !== null ? (message as { content?: unknown }).content : undefined;
    if (!Array.isArray(parts)) continue;
    for (const [index, part] of parts.entries()) {
      const type: unknown = typeof part === 'object' && part !== null ? (part as { type?: unknown }).type : undefined;
      if (typeof type === 'string' && type !== 'text') {
        const param = `messages[${at}].content[${index}].type`;
        throw new WireError(400, 'unsupported_content', `${param}: this engine reads text only`, param);
      }
    }
  }
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new WireError(400, 'invalid_value', 'the body is a JSON object');
  }
  const known = Object.entries(body).filter(([key, value]) => {
    const rule = Object.hasOwn(UNSERVED, key) ? UNSERVED[key] : undefined;
    if (rule === undefined) return true;
    if (value !== null && !rule.neutral(value)) throw unsupported(key, rule.why);
    return false;
  });
  const result = schema.safeParse(Object.fromEntries(known), { error: fieldSentence });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue === undefined ? [] : issue.path;
  if (issue?.code === 'unrecognized_keys') {
    const param = pathText([...path, issue.keys[0] ?? '']);
    throw unsupported(param, 'the field is unknown to it');
  }
  const param = pathText(path);
  const remedy = path.length === 1 && !REQUIRED.has(param) ? 'Change it, or leave it out.' : 'Change it.';
  const message = `${param}: this engine ${issue?.message ?? 'does not take this'}. ${remedy}`;
  throw new WireError(400, 'invalid_value', message, param);
}

/** Of the endpoints that have them. */
const REQUIRED: ReadonlySet<string> = new Set(['messages', 'prompt', 'input']);

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
}
