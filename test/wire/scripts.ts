// Answers for the scripted engine, in the shapes that vLLM and llama.cpp give them.

import type { EngineCall, Piece, Script, ScriptedAnswer } from './scripted-engine.ts';

export const zeroToNine = 'zero one two three four five six seven eight nine';

const USAGE = { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 };

export function whole(body: unknown, status = 200, headers: Record<string, string> = {}): ScriptedAnswer {
  return { status, headers, pieces: [JSON.stringify(body)] };
}

export function refusal(status: number, error: object, headers: Record<string, string> = {}): ScriptedAnswer {
  return whole({ error }, status, headers);
}

export function chatAnswer(choices: readonly object[], more: object = {}): object {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'm',
    choices: choices.map((choice, index) => ({ index, logprobs: null, finish_reason: 'stop', ...choice })),
    usage: USAGE,
    ...more,
  };
}

/** One choice whose message says `content`. */
export function says(content: string | null, more: object = {}, choice: object = {}): object {
  return { message: { role: 'assistant', content, refusal: null, ...more }, ...choice };
}

export function chatChunk(choices: readonly object[], more: object = {}): object {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: 'm',
    choices: choices.map((choice) => ({ index: 0, finish_reason: null, ...choice })),
    ...more,
  };
}

export const role: object = chatChunk([{ delta: { role: 'assistant', content: '' } }]);
export const delta = (fields: object, index = 0): object => chatChunk([{ index, delta: fields }]);
export const finish = (reason = 'stop', index = 0): object => chatChunk([{ index, delta: {}, finish_reason: reason }]);

/** The events of a stream: each chunk a write of its own, the usage chunk where it was asked for, then `[DONE]`. */
export function stream(chunks: readonly object[], options: { usage?: boolean; done?: boolean } = {}): ScriptedAnswer {
  return sse([
    ...events(options.usage === true ? [...chunks, chatChunk([], { usage: USAGE })] : chunks),
    ...(options.done === false ? [] : ['data: [DONE]\n\n']),
  ]);
}

export function sse(pieces: readonly Piece[], ending: ScriptedAnswer['ending'] = 'end'): ScriptedAnswer {
  return { headers: { 'content-type': 'text/event-stream' }, pieces, ending };
}

export function events(chunks: readonly object[]): string[] {
  return chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`);
}

/** The same bytes, cut after every `size` of them. */
export function recut(answer: ScriptedAnswer, size: number): ScriptedAnswer {
  const bytes = Buffer.concat(
    answer.pieces.flatMap((piece) => (typeof piece === 'number' ? [] : [Buffer.from(piece)])),
  );
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return { ...answer, pieces };
}

export function wantsUsage({ body }: EngineCall): boolean {
  return body?.stream_options?.include_usage === true;
}

/** A stream that says what it is given, `size` UTF-16 units a chunk (halves of pairs too), usage where asked for. */
export function streamed(fields: (piece: string) => object, text: string, size: number): Script {
  return (call) =>
    stream([role, ...cut(text, size).map((piece) => delta(fields(piece))), finish()], { usage: wantsUsage(call) });
}

export function cut(text: string, size: number): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; at += size) pieces.push(text.slice(at, at + size));
  return pieces;
}

/** The text of the last message that the engine was sent. */
export function lastText({ body }: EngineCall): string {
  const content = body.messages.at(-1)?.content ?? '';
  return typeof content === 'string' ? content : content.map((part: { text: string }) => part.text).join('');
}

export function textAnswer(texts: readonly string[], more: object = {}): object {
  return {
    id: 'cmpl-1',
    object: 'text_completion',
    created: 1_700_000_000,
    model: 'm',
    choices: texts.map((text, index) => ({ index, text, logprobs: null, finish_reason: 'stop' })),
    usage: USAGE,
    ...more,
  };
}

export function textChunk(text: string, finishReason: string | null = null): object {
  const choices = [{ index: 0, text, logprobs: null, finish_reason: finishReason }];
  return { id: 'cmpl-1', object: 'text_completion', created: 1_700_000_000, model: 'm', choices };
}

export function embeddingAnswer({ body }: EngineCall): object {
  const inputs: unknown[] = Array.isArray(body.input) ? body.input : [body.input];
  const size = body.dimensions ?? 4;
  const vector = Float32Array.from({ length: size }, (_, at) => (at + 1) / 8);
  const embedding =
    body.encoding_format === 'base64' ? Buffer.from(vector.buffer).toString('base64') : Array.from(vector);
  return {
    object: 'list',
    model: 'm',
    data: inputs.map((_, index) => ({ object: 'embedding', index, embedding })),
    usage: { prompt_tokens: 3, total_tokens: 3 },
  };
}
