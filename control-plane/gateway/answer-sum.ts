// The events of a streamed answer put together to the whole one that they make. Imports types of wire/.

import type { SseEvent } from '../wire/sse.ts';

/** What the playground reads of an answer. */
export interface OpenaiAnswer {
  readonly choices?: readonly { readonly message?: { readonly content?: string | null } }[];
  readonly usage?: { readonly prompt_tokens?: number; readonly completion_tokens?: number };
  readonly error?: { readonly code?: string | null; readonly message?: string };
}

interface AnswerChunk {
  readonly choices?: readonly { readonly delta?: { readonly content?: string | null } }[];
  readonly usage?: OpenaiAnswer['usage'] | null;
  readonly error?: OpenaiAnswer['error'];
}

export interface AnswerSum {
  /** The text that these events add. */
  add(events: readonly SseEvent[]): string;
  answer(): OpenaiAnswer;
}

export function createAnswerSum(): AnswerSum {
  let text: string | undefined;
  let usage: OpenaiAnswer['usage'];
  let error: OpenaiAnswer['error'];
  return {
    add(events) {
      let added = '';
      for (const { data } of events) {
        const chunk = parse(data);
        added += chunk.choices?.[0]?.delta?.content ?? '';
        usage = chunk.usage ?? usage;
        error = chunk.error ?? error;
      }
      if (added !== '') text = (text ?? '') + added;
      return added;
    },
    answer: () => ({
      ...(text === undefined ? {} : { choices: [{ message: { content: text } }] }),
      ...(usage === undefined ? {} : { usage }),
      ...(error === undefined ? {} : { error }),
    }),
  };
}

/** `[DONE]`, and whatever else is no JSON, says nothing. */
function parse(data: string): AnswerChunk {
  try {
    return JSON.parse(data) as AnswerChunk;
  } catch {
    return {};
  }
}
