// A model in memory with everything that answering needs: its vocabulary, chat template, sampling defaults, and either
// a context with slots (text) or an embedding context (vectors). Imports: the rest of this folder, gguf, weights.
import {
  getLlama,
  type Llama,
  type LlamaContext,
  type LlamaEmbeddingContext,
  LlamaLogLevel,
  type LlamaModel,
} from 'node-llama-cpp';
import { Adapters } from './adapters.ts';
import { type BoundedTokenizer, createBoundedTokenizer } from './bounded-tokenizer.ts';
import { type ChatTemplate, createChatTemplate } from './chat-template.ts';
import { MAX_PIECE, type SamplingDefaults } from './generation.ts';
import { Slots } from './slots.ts';
import { createTokenText, type TokenText } from './token-text.ts';
import { TOOL_MARKS, type ToolNotation, toolNotationOf } from './tool-calls.ts';

export interface LoadOptions {
  readonly path: string;
  readonly contextTokens: number;
  readonly slots: number;
  readonly threads: number;
  readonly embeddingOnly: boolean;
  /** Files of LoRA adapters. */
  readonly loras: readonly string[];
}

export interface LoadedModel {
  readonly llama: Llama;
  readonly model: LlamaModel;
  /** The name under which `/v1/models` lists it. */
  readonly id: string;
  readonly contextTokens: number;
  readonly tokenText: TokenText;
  /** Plain text: what looks like a control token in it is text. */
  readonly tokenize: BoundedTokenizer;
  readonly chat: ChatTemplate | undefined;
  readonly toolNotation: ToolNotation | undefined;
  readonly defaults: SamplingDefaults;
  readonly slots: Slots | undefined;
  /** Undefined where there are none, or where the model makes vectors. */
  readonly adapters: Adapters | undefined;
  readonly embeddings: LlamaEmbeddingContext | undefined;
}

/** The defaults of llama.cpp, so that both engines answer alike. */
const LLAMA_CPP_DEFAULTS: SamplingDefaults = { temperature: 0.8, topP: 0.95, topK: 40, minP: 0.05 };

export async function loadModel(options: LoadOptions): Promise<LoadedModel> {
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    maxThreads: options.threads,
    logLevel: LlamaLogLevel.error,
    logger: (_level, message) => process.stderr.write(`llama.cpp: ${message.trim()}\n`),
  });
  const model = await llama.loadModel({ modelPath: options.path, gpuLayers: 0 });
  const { embeddingOnly, threads, contextTokens } = options;
  const embeddings = embeddingOnly
    ? await model.createEmbeddingContext({ contextSize: contextTokens, threads, batchSize: contextTokens })
    : undefined;
  const context = embeddingOnly ? undefined : await createContext(model, options);
  const metadata = model.fileInfo.metadata as unknown as FileMetadata;
  const text = metadata.tokenizer?.chat_template;
  const tokenText = vocabularyText(metadata);
  const tokenize = createBoundedTokenizer(
    (plain) => model.tokenize(plain, false),
    longestToken(metadata, tokenText),
    contextTokens,
  );
  return {
    llama,
    model,
    id: metadata.general?.name ?? 'model',
    contextTokens,
    tokenText,
    tokenize,
    chat: typeof text === 'string' ? chatTemplate(model, text, tokenText, tokenize) : undefined,
    toolNotation: typeof text === 'string' ? toolNotationOf(text) : undefined,
    defaults: samplingDefaults(metadata),
    slots: context === undefined ? undefined : new Slots(context, options.slots),
    adapters:
      context === undefined || options.loras.length === 0
        ? undefined
        : await Adapters.load(context, options.loras, tellFailure),
    embeddings,
  };
}

function tellFailure(file: string, error: unknown): void {
  const why = error instanceof Error ? error.message : 'unknown error';
  process.stderr.write(`llama-worker: the adapter ${file} cannot be loaded: ${why}\n`);
}

/** The parts of a GGUF file's metadata that are read here. */
interface FileMetadata {
  readonly general?: { readonly name?: string; readonly sampling?: Readonly<Record<string, unknown>> };
  readonly tokenizer?: {
    readonly chat_template?: unknown;
    readonly ggml?: {
      readonly model?: string;
      readonly tokens?: readonly string[];
      readonly token_type?: readonly number[];
    };
  };
}

function createContext(model: LlamaModel, options: LoadOptions): Promise<LlamaContext> {
  return model.createContext({
    contextSize: options.contextTokens,
    sequences: options.slots + 1,
    threads: options.threads,
    batchSize: MAX_PIECE,
    // A context smaller than promised would be a silent lie.
    failedCreationRemedy: false,
  });
}

function vocabularyText(metadata: FileMetadata): TokenText {
  const ggml = metadata.tokenizer?.ggml;
  const tokens = ggml?.tokens ?? [];
  return createTokenText(
    { kind: ggml?.model ?? 'llama', tokens, types: ggml?.token_type ?? tokens.map(() => 1) },
    TOOL_MARKS,
  );
}

/** Bytes of the longest token, invisible ones included. */
function longestToken({ tokenizer }: FileMetadata, tokenText: TokenText): number {
  const count = tokenizer?.ggml?.tokens?.length ?? 0;
  let longest = 1;
  for (let token = 0; token < count; token += 1) {
    longest = Math.max(longest, tokenText.bytes(token).length, tokenText.text(token).length);
  }
  return longest;
}

function chatTemplate(model: LlamaModel, text: string, tokenText: TokenText, tokenize: BoundedTokenizer): ChatTemplate {
  const { bos, eos, shouldPrependBosToken } = model.tokens;
  const template = createChatTemplate(
    {
      text,
      bos: bos === null ? '' : tokenText.text(bos),
      eos: eos === null ? '' : tokenText.text(eos),
      controls: tokenText.controls,
    },
    (plain) => tokenize(plain, 'messages'),
  );
  return {
    rendersTools: template.rendersTools,
    prompt(messages, tools) {
      const prompt = template.prompt(messages, tools);
      return bos !== null && shouldPrependBosToken && prompt[0] !== bos ? [bos, ...prompt] : prompt;
    },
  };
}

/** What the file recommends (`general.sampling.*`) over what llama.cpp does by itself. */
function samplingDefaults(metadata: FileMetadata): SamplingDefaults {
  const recommended = metadata.general?.sampling ?? {};
  const value = (key: string, fallback: number) => {
    const found = recommended[key];
    return typeof found === 'number' && Number.isFinite(found) ? found : fallback;
  };
  return {
    temperature: value('temp', LLAMA_CPP_DEFAULTS.temperature),
    topP: value('top_p', LLAMA_CPP_DEFAULTS.topP),
    topK: value('top_k', LLAMA_CPP_DEFAULTS.topK),
    minP: value('min_p', LLAMA_CPP_DEFAULTS.minP),
  };
}
