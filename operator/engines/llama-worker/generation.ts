// One answer: computes the prompt in pieces short enough to let other requests in and to stop at once, then samples
// token by token. Yields text that is safe to show: whole characters, nothing that may still become a stop string.
// Imports: slots, stop-text, token-text.
import {
  type LlamaGrammar,
  LlamaGrammarEvaluationState,
  type LlamaModel,
  type SequenceEvaluateOptions,
  type Token,
} from 'node-llama-cpp';
import type { Adapters, Lora } from './adapters.ts';
import type { Sampling } from './requests.ts';
import { prepareSlot, type Slot } from './slots.ts';
import { createStopText } from './stop-text.ts';
import { createTextDecoder, type TokenText } from './token-text.ts';

export interface SamplingDefaults {
  readonly temperature: number;
  readonly topP: number;
  readonly topK: number;
  readonly minP: number;
}

export interface GenerationInput {
  readonly model: LlamaModel;
  readonly slot: Slot;
  readonly prompt: readonly number[];
  readonly cacheSalt: string;
  readonly adapters: Adapters | undefined;
  readonly lora: Lora | undefined;
  readonly sampling: Sampling;
  readonly defaults: SamplingDefaults;
  /** Drawn by the caller where the request names none. */
  readonly seed: number;
  readonly maxTokens: number;
  /** Prompt and answer together. */
  readonly contextTokens: number;
  readonly stops: readonly string[];
  readonly grammar: LlamaGrammar | undefined;
  readonly tokenText: TokenText;
  readonly signal: AbortSignal;
  readonly onPromptToken: (count: number) => void;
  readonly onToken: () => void;
}

export type FinishReason = 'stop' | 'length';

/** One decode of a prompt should take about this long: the bound on how late a probe or an abort is noticed. */
const TARGET_DECODE_MS = 30;
const MIN_PIECE = 4;
export const MAX_PIECE = 512;
const FIRST_PIECE = 16;
let pieceTokens = FIRST_PIECE;

/** Yields pieces of the answer; returns why it ended. Throws the signal's reason when aborted. */
export async function* generateText(input: GenerationInput): AsyncGenerator<string, FinishReason> {
  const { slot, prompt, signal, tokenText, model } = input;
  const last = await computePrompt(input);
  const decoder = createTextDecoder();
  const stopText = createStopText(input.stops);
  const generated: number[] = [];
  const tokens = slot.sequence.evaluate([last as Token], evaluateOptions(input, generated));
  for await (const token of inTurns(tokens, input)) {
    signal.throwIfAborted();
    if (model.isEogToken(token)) return yield* flush('stop');
    generated.push(token);
    input.onToken();
    const { text, stopped } = stopText.push(decoder.push(tokenText.bytes(token)));
    if (text !== '') yield text;
    if (stopped) return 'stop';
    if (generated.length >= input.maxTokens || prompt.length + generated.length >= input.contextTokens) {
      return yield* flush('length');
    }
  }
  return yield* flush('stop');

  function* flush(reason: FinishReason): Generator<string, FinishReason> {
    const rest = stopText.push(decoder.end());
    const text = rest.stopped ? rest.text : rest.text + stopText.end();
    if (text !== '') yield text;
    return rest.stopped ? 'stop' : reason;
  }
}

/** The same tokens, each computed in a turn of the request's adapter. */
async function* inTurns(
  tokens: AsyncGenerator<Token, unknown>,
  { adapters, lora }: GenerationInput,
): AsyncGenerator<Token> {
  if (adapters === undefined) {
    yield* tokens;
    return;
  }
  try {
    for (;;) {
      const step = await adapters.turn(lora, () => tokens.next());
      if (step.done === true) return;
      yield step.value;
    }
  } finally {
    await tokens.return(undefined);
  }
}

/** Computes all of the prompt but its last token, which starts the sampling. */
async function computePrompt(input: GenerationInput): Promise<number> {
  const { slot, prompt, cacheSalt, signal, adapters, lora, onPromptToken } = input;
  let done = await prepareSlot(slot, prompt, cacheSalt);
  const end = prompt.length - 1;
  while (done < end) {
    signal.throwIfAborted();
    const piece = prompt.slice(done, Math.min(end, done + pieceTokens));
    let tookMs = 0;
    const compute = async () => {
      const startedAt = performance.now();
      await slot.sequence.evaluateWithoutGeneratingNewTokens([...piece] as Token[]);
      tookMs = performance.now() - startedAt;
    };
    await (adapters === undefined ? compute() : adapters.turn(lora, compute));
    const fitting = Math.floor((piece.length * TARGET_DECODE_MS) / Math.max(tookMs, 0.1));
    pieceTokens = Math.max(MIN_PIECE, Math.min(fitting, pieceTokens * 2, MAX_PIECE));
    done += piece.length;
  }
  signal.throwIfAborted();
  onPromptToken(prompt.length);
  const last = prompt[end];
  if (last === undefined) throw new Error('an empty prompt reached the engine');
  return last;
}

function evaluateOptions(input: GenerationInput, generated: readonly number[]): SequenceEvaluateOptions {
  const { sampling, defaults, grammar, model } = input;
  const state = grammar === undefined ? undefined : new LlamaGrammarEvaluationState({ model, grammar });
  const penalised = sampling.presencePenalty !== 0 || sampling.frequencyPenalty !== 0;
  return {
    temperature: sampling.temperature ?? defaults.temperature,
    topP: sampling.topP ?? defaults.topP,
    topK: sampling.topK ?? defaults.topK,
    minP: sampling.minP ?? defaults.minP,
    seed: input.seed,
    yieldEogToken: true,
    ...(state === undefined ? {} : { grammarEvaluationState: state }),
    ...(penalised
      ? {
          repeatPenalty: {
            punishTokens: () => [...generated] as Token[],
            penalty: 1,
            presencePenalty: sampling.presencePenalty,
            frequencyPenalty: sampling.frequencyPenalty,
          },
        }
      : {}),
  };
}
