// What the strings of an answer are: names and ids of the protocol that stay as they are, text in which stand-ins are
// put back, and text that is the inside of a JSON document. Whatever is not listed is text, so that a field which an
// engine adds tomorrow is restored too. Paths here are written without indices (`choices.delta.content`).
// Imports nothing.

export type AnswerMode = 'text' | 'json';

/** Made by the engine out of the protocol's own words: nothing of the request can stand in them. */
const PROTOCOL: ReadonlySet<string> = new Set([
  'id',
  'object',
  'model',
  'system_fingerprint',
  'service_tier',
  'obfuscation',
  'choices.finish_reason',
  'choices.message.role',
  'choices.message.tool_calls.id',
  'choices.message.tool_calls.type',
  'choices.delta.role',
  'choices.delta.tool_calls.id',
  'choices.delta.tool_calls.type',
  'data.object',
  'data.embedding',
]);

/** Arguments of a call are a JSON document, whatever the answer around them is. */
const JSON_TEXT: ReadonlySet<string> = new Set([
  'choices.message.tool_calls.function.arguments',
  'choices.message.function_call.arguments',
  'choices.delta.tool_calls.function.arguments',
  'choices.delta.function_call.arguments',
]);

/** What a `response_format` shapes. */
const ANSWER_TEXT: ReadonlySet<string> = new Set(['choices.message.content', 'choices.delta.content', 'choices.text']);

/** How the string at a path is restored; undefined: it stays as it is. */
export function answerFieldMode(path: string, answerMode: AnswerMode): AnswerMode | undefined {
  if (PROTOCOL.has(path)) return undefined;
  if (JSON_TEXT.has(path)) return 'json';
  return ANSWER_TEXT.has(path) ? answerMode : 'text';
}

/** Whether a string at this path is one piece of a longer text that comes in many chunks. */
export function isStreamed(path: string): boolean {
  return path.startsWith('choices.delta.') || path === 'choices.text';
}

/** Members of a chunk that every chunk repeats: a chunk which has nothing beside them says nothing. */
export function isEnvelope(path: string): boolean {
  return (PROTOCOL.has(path) && !path.startsWith('choices.')) || path === 'created' || path.endsWith('.index');
}
