// What the outcome record wants to know of an answer, gathered while it passes: texts (for their digests), finish
// reasons, token counts, times. Texts stay in memory until they are digested and go no further.

import type { OpenaiErrorBody } from '../wire/openai-errors.ts';

const FINISH_REASON = /^(?:stop|length|tool_calls|content_filter|function_call|abort|error)$/;

const MAX_TEXT_CHARS = 4 * 1024 * 1024;

interface Choice {
  readonly index?: number;
  readonly text?: unknown;
  readonly delta?: { readonly content?: unknown };
  readonly message?: { readonly content?: unknown };
  readonly finish_reason?: unknown;
}

export class AnswerNotes {
  readonly #startedAtMs: number;
  readonly #texts = new Map<number, string[]>();
  #chars = 0;
  #refusal: string | undefined;
  bytes = 0;
  /** The body that was sent, where it was sent whole. */
  body: string | Uint8Array | undefined;
  firstByteMs: number | undefined;
  readonly finishReasons: string[] = [];
  promptTokens: number | undefined;
  completionTokens: number | undefined;

  constructor(startedAtMs: number) {
    this.#startedAtMs = startedAtMs;
  }

  firstByte(): void {
    this.firstByteMs ??= performance.now() - this.#startedAtMs;
  }

  /** A whole answer, as the client gets it. */
  whole(answer: unknown): void {
    this.#take(answer, (choice) => choice.message?.content ?? choice.text);
  }

  /** One event of a streamed answer, as the client gets it. */
  chunk(event: unknown): void {
    this.#take(event, (choice) => choice.delta?.content ?? choice.text);
  }

  /** The error that the client gets: as the whole body, or as the last event of a stream that had begun. */
  refused(body: OpenaiErrorBody, bytes: Uint8Array, isWhole: boolean): void {
    this.#refusal = body.error.message;
    if (isWhole) this.body = bytes;
    this.bytes += bytes.length;
  }

  /** The answer's texts, one a choice, in the order of their index; then the message of the error that ended it. */
  texts(): string[] {
    const texts = [...this.#texts.entries()].sort(([a], [b]) => a - b).map(([, parts]) => parts.join(''));
    return this.#refusal === undefined ? texts : [...texts, this.#refusal];
  }

  #take(answer: unknown, textOf: (choice: Choice) => unknown): void {
    if (typeof answer !== 'object' || answer === null) return;
    const { choices, usage } = answer as { choices?: unknown; usage?: unknown };
    if (Array.isArray(choices)) {
      for (const choice of choices as Choice[]) {
        const text = textOf(choice);
        if (typeof text === 'string' && text !== '') this.#addText(choice.index ?? 0, text);
        if (typeof choice.finish_reason === 'string') {
          // An engine may write anything here; only what is a reason may stand in the record.
          this.finishReasons.push(FINISH_REASON.test(choice.finish_reason) ? choice.finish_reason : 'other');
        }
      }
    }
    if (typeof usage === 'object' && usage !== null) {
      const { prompt_tokens: prompt, completion_tokens: completion } = usage as Record<string, unknown>;
      if (typeof prompt === 'number') this.promptTokens = prompt;
      if (typeof completion === 'number') this.completionTokens = completion;
    }
  }

  #addText(index: number, text: string): void {
    if (this.#chars > MAX_TEXT_CHARS) return;
    this.#chars += text.length;
    const parts = this.#texts.get(index);
    if (parts === undefined) this.#texts.set(index, [text]);
    else parts.push(text);
  }
}
