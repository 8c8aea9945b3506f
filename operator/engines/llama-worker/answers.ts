// Answers the three text endpoints in OpenAI's wire format, streamed and not. Imports: the rest of this folder.
import { randomBytes, randomInt } from 'node:crypto';
import type { LlamaGrammar } from 'node-llama-cpp';
import { adapterKey } from './adapters.ts';
import type { JsonValue } from './chat-template.ts';
import type { Counters } from './counters.ts';
import { type FinishReason, generateText } from './generation.ts';
import type { EventStream } from './http.ts';
import type { LoadedModel } from './loaded-model.ts';
import type { ChatMessage, ChatRequest, CompletionRequest, EmbeddingRequest, GenerationRequest } from './requests.ts';
import { createToolCallReader, type Tool, type ToolCall, type ToolNotation, toolCallGrammar } from './tool-calls.ts';
import { contextExceeded, unsupported, WireError } from './wire-error.ts';

export interface AnswerContext {
  readonly loaded: LoadedModel;
  readonly counters: Counters;
  readonly probe: boolean;
  readonly signal: AbortSignal;
  /** Called once the request is known to be good; left out for an answer in one piece. */
  readonly openStream?: () => EventStream;
}

interface Usage {
  prompt: number;
  generated: number;
}

type Finish = FinishReason | 'tool_calls';
type Piece = { readonly text: string; readonly calls: readonly ToolCall[] };

/** How one of the two endpoints words its chunks and its whole answer. */
interface Dialect {
  readonly id: string;
  readonly chunkObject: string;
  readonly object: string;
  first(index: number): object | undefined;
  delta(index: number, piece: Piece, callsBefore: number): object;
  last(index: number, finish: Finish): object;
  whole(index: number, text: string, calls: readonly ToolCall[], finish: Finish): object;
}

export async function answerChat(request: ChatRequest, context: AnswerContext): Promise<unknown> {
  const { loaded } = context;
  if (loaded.slots === undefined) throw textRefused('messages');
  if (loaded.chat === undefined) {
    throw unsupported('messages', 'the weights file has no chat template; use /v1/completions');
  }
  const notation = toolNotation(request, loaded);
  const offered = request.toolChoice.kind === 'none' ? [] : request.rawTools;
  const prompt = loaded.chat.prompt(
    request.messages.map(templateMessage),
    offered.length > 0 ? (offered as unknown as JsonValue[]) : undefined,
  );
  const forced = forcedTools(request);
  const grammar =
    forced === undefined || notation === undefined ? request.grammar : toolCallGrammar(notation, forced, 'tools');
  const dialect = chatDialect();
  return answer({ ...request, grammar }, [prompt], dialect, context, notation);
}

export async function answerCompletion(request: CompletionRequest, context: AnswerContext): Promise<unknown> {
  const { loaded } = context;
  if (loaded.slots === undefined) throw textRefused('prompt');
  const { bos, shouldPrependBosToken } = loaded.model.tokens;
  const prompts = request.prompts.map((text) => {
    const tokens = loaded.tokenize(text, 'prompt');
    return bos !== null && (shouldPrependBosToken || tokens.length === 0) ? [bos, ...tokens] : tokens;
  });
  return answer(request, prompts, completionDialect(), context, undefined);
}

export async function answerEmbeddings(
  request: EmbeddingRequest,
  { loaded, counters, signal }: AnswerContext,
): Promise<unknown> {
  const { embeddings, model } = loaded;
  if (embeddings === undefined) {
    throw unsupported('input', 'this model makes text, not vectors; use a model that was trained for embeddings');
  }
  if (request.dimensions !== undefined && request.dimensions !== model.embeddingVectorSize) {
    throw unsupported('dimensions', `the vectors of this model have ${model.embeddingVectorSize}`);
  }
  const data: object[] = [];
  let tokens = 0;
  for (const [index, text] of request.inputs.entries()) {
    signal.throwIfAborted();
    // Two more for the marks that the tokenizer puts around a text.
    const length = loaded.tokenize(text, `input[${index}]`).length + 2;
    if (length > loaded.contextTokens) throw contextExceeded(length, loaded.contextTokens, `input[${index}]`);
    const { vector } = await embeddings.getEmbeddingFor(text);
    tokens += length;
    counters.promptTokens += length;
    const unit = normalise(vector);
    data.push({ object: 'embedding', index, embedding: request.base64 ? base64(unit) : unit });
  }
  return { object: 'list', data, model: loaded.id, usage: { prompt_tokens: tokens, total_tokens: tokens } };
}

async function answer(
  request: GenerationRequest & { readonly parallelToolCalls?: boolean },
  prompts: readonly (readonly number[])[],
  dialect: Dialect,
  context: AnswerContext,
  notation: ToolNotation | undefined,
): Promise<unknown> {
  const { loaded } = context;
  if (request.lora !== undefined) {
    if (loaded.adapters === undefined) throw unsupported('lora', 'no adapter is loaded');
    loaded.adapters.check(request.lora);
  }
  for (const prompt of prompts) {
    if (prompt.length === 0) throw new WireError(400, 'invalid_value', 'the prompt is empty');
    // One token must still fit after it.
    if (prompt.length >= loaded.contextTokens) throw contextExceeded(prompt.length, loaded.contextTokens, 'messages');
  }
  const grammar = await createGrammar(loaded, request.grammar);
  const head = { id: dialect.id, created: Math.floor(Date.now() / 1000), model: loaded.id };
  const usage: Usage = { prompt: 0, generated: 0 };
  const stream = context.openStream?.();
  const usageField = request.includeUsage ? { usage: null } : {};
  const send = (choice: object) =>
    stream?.send({ ...head, object: dialect.chunkObject, choices: [choice], ...usageField });
  const choices: object[] = [];
  for (const [at, prompt] of prompts.entries()) {
    usage.prompt += prompt.length;
    for (let n = 0; n < request.choices; n += 1) {
      const index = at * request.choices + n;
      const first = dialect.first(index);
      if (first !== undefined) await send(first);
      let text = '';
      const calls: ToolCall[] = [];
      const run = generateChoice(request, prompt, n, grammar, notation, context, usage);
      let step = await run.next();
      while (step.done !== true) {
        await send(dialect.delta(index, step.value, calls.length));
        if (stream === undefined) text += step.value.text;
        calls.push(...step.value.calls);
        step = await run.next();
      }
      const finish = calls.length > 0 ? 'tool_calls' : step.value;
      await send(dialect.last(index, finish));
      choices.push(dialect.whole(index, text, calls, finish));
    }
  }
  const total = {
    prompt_tokens: usage.prompt,
    completion_tokens: usage.generated,
    total_tokens: usage.prompt + usage.generated,
  };
  if (stream === undefined) return { ...head, object: dialect.object, choices, usage: total };
  if (request.includeUsage) await stream.send({ ...head, object: dialect.chunkObject, choices: [], usage: total });
  stream.end();
  return undefined;
}

/** One choice: takes a slot, generates, gives the slot back whatever happens. */
async function* generateChoice(
  request: GenerationRequest & { readonly parallelToolCalls?: boolean },
  prompt: readonly number[],
  n: number,
  grammar: LlamaGrammar | undefined,
  notation: ToolNotation | undefined,
  { loaded, counters, probe, signal }: AnswerContext,
  usage: Usage,
): AsyncGenerator<Piece, FinishReason> {
  if (loaded.slots === undefined) throw textRefused('messages');
  // What one adapter computed is nothing to another.
  const salt = `${adapterKey(request.lora)} ${request.cacheSalt}`;
  const slot = await loaded.slots.acquire(prompt, salt, probe, signal);
  const reader = notation === undefined ? undefined : createToolCallReader(notation);
  const run = generateText({
    model: loaded.model,
    slot,
    prompt,
    cacheSalt: salt,
    adapters: loaded.adapters,
    lora: request.lora,
    sampling: request.sampling,
    defaults: loaded.defaults,
    // A choice of its own for each n, the same again for the same seed.
    seed: request.sampling.seed === undefined ? randomInt(2 ** 31) : (Math.abs(request.sampling.seed) + n) % 2 ** 31,
    maxTokens: request.maxTokens ?? Number.POSITIVE_INFINITY,
    contextTokens: loaded.contextTokens,
    stops: request.stops,
    grammar,
    tokenText: loaded.tokenText,
    signal,
    onPromptToken: (count) => {
      counters.promptTokens += count;
    },
    onToken: () => {
      usage.generated += 1;
      counters.generatedTokens += 1;
    },
  });
  try {
    let step = await run.next();
    while (step.done !== true) {
      const piece = reader?.push(step.value) ?? { text: step.value, calls: [] };
      if (piece.text !== '' || piece.calls.length > 0) yield piece;
      if (piece.calls.length > 0 && request.parallelToolCalls === false) return 'stop';
      step = await run.next();
    }
    const rest = reader?.end();
    if (rest !== undefined && (rest.text !== '' || rest.calls.length > 0)) yield rest;
    return step.value;
  } finally {
    await run.return('stop');
    loaded.slots.release(slot);
  }
}

async function createGrammar(loaded: LoadedModel, text: string | undefined): Promise<LlamaGrammar | undefined> {
  if (text === undefined) return undefined;
  try {
    return await loaded.llama.createGrammar({ grammar: text });
  } catch {
    throw new WireError(400, 'unsupported_schema', 'the schema is too complex to be enforced', 'response_format');
  }
}

function toolNotation(request: ChatRequest, { chat, toolNotation: known }: LoadedModel): ToolNotation | undefined {
  if (request.rawTools.length === 0 || request.toolChoice.kind === 'none') return undefined;
  if (chat?.rendersTools !== true) throw unsupported('tools', "the model's chat template has no place for tools");
  if (known === undefined) throw unsupported('tools', "the notation of the model's tool calls is not known");
  return known;
}

/** The tools one of which must be called; undefined when the model may choose not to. */
function forcedTools({ toolChoice, tools }: ChatRequest): readonly Tool[] | undefined {
  if (toolChoice.kind === 'required') return tools;
  return toolChoice.kind === 'named' ? tools.filter((tool) => tool.name === toolChoice.name) : undefined;
}

/** A message as templates expect it: content as one text, tool arguments as an object. */
function templateMessage(message: ChatMessage, at: number): JsonValue {
  const parts = message.content ?? '';
  const content = typeof parts === 'string' ? parts : parts.map((part) => part.text).join('');
  const role = message.role === 'developer' ? 'system' : message.role;
  if (message.role === 'tool') return { role, content, tool_call_id: message.tool_call_id };
  if (message.role !== 'assistant' || !message.tool_calls || message.tool_calls.length === 0) return { role, content };
  const calls = message.tool_calls.map((call, index) => ({
    ...(call.id === undefined ? {} : { id: call.id }),
    type: 'function',
    function: {
      name: call.function.name,
      arguments: parseArguments(call.function.arguments, `messages[${at}].tool_calls[${index}].function.arguments`),
    },
  }));
  return { role, content, tool_calls: calls };
}

function parseArguments(text: string, param: string): JsonValue {
  try {
    return JSON.parse(text === '' ? '{}' : text) as JsonValue;
  } catch {
    throw new WireError(400, 'invalid_value', `${param} is not JSON`, param);
  }
}

function chatDialect(): Dialect {
  const callObjects = (calls: readonly ToolCall[]) =>
    calls.map((call) => ({ id: `call_${randomBytes(12).toString('hex')}`, type: 'function', function: call }));
  return {
    id: `chatcmpl-${randomBytes(12).toString('hex')}`,
    object: 'chat.completion',
    chunkObject: 'chat.completion.chunk',
    first: (index) => ({ index, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null }),
    delta: (index, piece, callsBefore) => ({
      index,
      delta: {
        ...(piece.text === '' ? {} : { content: piece.text }),
        ...(piece.calls.length === 0
          ? {}
          : { tool_calls: callObjects(piece.calls).map((call, at) => ({ index: callsBefore + at, ...call })) }),
      },
      logprobs: null,
      finish_reason: null,
    }),
    last: (index, finish) => ({ index, delta: {}, logprobs: null, finish_reason: finish }),
    whole: (index, text, calls, finish) => ({
      index,
      message: {
        role: 'assistant',
        content: text === '' && calls.length > 0 ? null : text,
        refusal: null,
        ...(calls.length === 0 ? {} : { tool_calls: callObjects(calls) }),
      },
      logprobs: null,
      finish_reason: finish,
    }),
  };
}

function completionDialect(): Dialect {
  return {
    id: `cmpl-${randomBytes(12).toString('hex')}`,
    object: 'text_completion',
    chunkObject: 'text_completion',
    first: () => undefined,
    delta: (index, piece) => ({ index, text: piece.text, logprobs: null, finish_reason: null }),
    last: (index, finish) => ({ index, text: '', logprobs: null, finish_reason: finish }),
    whole: (index, text, _calls, finish) => ({ index, text, logprobs: null, finish_reason: finish }),
  };
}

function textRefused(param: string): WireError {
  return unsupported(param, 'this model makes vectors, not text; use /v1/embeddings');
}

function normalise(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector);
  return length === 0 ? [...vector] : vector.map((value) => value / length);
}

function base64(vector: readonly number[]): string {
  return Buffer.from(new Float32Array(vector).buffer).toString('base64');
}
