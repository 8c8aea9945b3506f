// The connections to engines, overheard: every byte goes on as it is, and what was sent and what came back can be read,
// so that the playground shows the wire and not what we believe of it. Imports types of the gateway's connections.

import type { Dispatcher } from 'undici';
import { SseParser } from '../wire/sse.ts';
import { type AnswerSum, createAnswerSum, type OpenaiAnswer } from './answer-sum.ts';
import type { EngineDoor } from './engine-call.ts';
import type { EngineDoors } from './engine-connections.ts';

export interface OverheardWire {
  readonly connections: EngineDoors;
  /** The last body that went to an engine. */
  sent(): string | undefined;
  /** The text that came back for it. */
  answered(): string | undefined;
  /** What of it has come since this was last asked. */
  written(): string;
  tookMs(): number | undefined;
}

/** One call to an engine, as it was heard. */
interface HeardCall {
  readonly sent: string | undefined;
  readonly startedAtMs: number;
  readonly chunks: Buffer[];
  readonly parser: SseParser;
  readonly sum: AnswerSum;
  fresh: string;
  endedAtMs: number | undefined;
}

export function listenTo(
  connections: EngineDoors,
  { onSent }: { readonly onSent: (body: string | undefined) => void },
): OverheardWire {
  let call: HeardCall | undefined;
  const overhear = (url: string): EngineDoor => ({
    dispatch(options, handler) {
      const begun = begin(typeof options.body === 'string' ? options.body : undefined);
      call = begun;
      onSent(begun.sent);
      return connections.for(url).dispatch(
        options,
        overhearing(handler, (chunk) => hear(begun, chunk)),
      );
    },
  });
  return {
    connections: { bearerFor: (url) => connections.bearerFor(url), for: overhear },
    sent: () => call?.sent,
    answered: () => (call === undefined ? undefined : textOf(call)),
    written() {
      const fresh = call?.fresh ?? '';
      if (call !== undefined) call.fresh = '';
      return fresh;
    },
    tookMs: () => (call?.endedAtMs === undefined ? undefined : call.endedAtMs - call.startedAtMs),
  };
}

function begin(sent: string | undefined): HeardCall {
  const heard = { chunks: [], parser: new SseParser(), sum: createAnswerSum(), fresh: '', endedAtMs: undefined };
  return { sent, startedAtMs: performance.now(), ...heard };
}

function hear(call: HeardCall, chunk: Buffer): void {
  call.chunks.push(chunk);
  call.endedAtMs = performance.now();
  try {
    call.fresh += call.sum.add(call.parser.push(chunk));
  } catch {
    // Longer than any event that is read: the gateway itself says so to whoever asked.
  }
}

/** Of a streamed answer the sum of its events, of a whole one what its body says. */
function textOf({ sum, chunks }: HeardCall): string | undefined {
  return contentOf(sum.answer()) ?? contentOf(parse(Buffer.concat(chunks).toString('utf8')));
}

function contentOf(answer: OpenaiAnswer | undefined): string | undefined {
  return answer?.choices?.[0]?.message?.content ?? undefined;
}

function parse(text: string): OpenaiAnswer | undefined {
  try {
    return JSON.parse(text) as OpenaiAnswer;
  } catch {
    return undefined;
  }
}

function overhearing(handler: Dispatcher.DispatchHandler, heard: (chunk: Buffer) => void): Dispatcher.DispatchHandler {
  return {
    onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
    onResponseStart: (controller, status, headers, text) =>
      handler.onResponseStart?.(controller, status, headers, text),
    onResponseData(controller, chunk) {
      heard(chunk);
      handler.onResponseData?.(controller, chunk);
    },
    onResponseEnd: (controller, trailers) => handler.onResponseEnd?.(controller, trailers),
    onResponseError: (controller, error) => handler.onResponseError?.(controller, error),
  };
}
