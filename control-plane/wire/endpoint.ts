// The wire room's front door: which endpoints there are, how a request of theirs is read into texts that can be
// replaced, and how it is written again. Pure: what an engine is, what a policy says and who calls are not known here.
// Imports the tables and read-fields.

import { fail } from '../errors.ts';
import { CHAT_COMPLETIONS } from './chat-completions.ts';
import { COMPLETIONS } from './completions.ts';
import { EMBEDDINGS } from './embeddings.ts';
import type { ObjectField } from './field.ts';
import { isDeeperThan, isObject, type JsonObject, type JsonValue, MAX_DEPTH } from './json.ts';
import { readFields, type TextSlot, tooDeep } from './read-fields.ts';

export type { JsonObject, JsonValue } from './json.ts';
export type { TextSlot } from './read-fields.ts';

export type EndpointName = 'chat.completions' | 'completions' | 'embeddings';

export interface Endpoint {
  readonly name: EndpointName;
  readonly method: 'POST';
  readonly path: string;
  readonly table: ObjectField;
}

/** A request whose every field is known. `slots` are its texts, in an order that is stable while a conversation grows. */
export interface ParsedRequest {
  readonly endpoint: EndpointName;
  readonly model: string;
  readonly stream: boolean;
  /** Whether the caller asked for the chunk of token counts (`stream_options.include_usage`). */
  readonly includeUsage: boolean;
  /** The body itself: slots write into it, the gateway may add to it, `serialiseRequest` writes it out. */
  readonly body: JsonObject;
  readonly slots: readonly TextSlot[];
  /** `json` where `response_format` asks for a JSON answer: what is restored into it must stay inside its strings. */
  readonly answerMode: 'text' | 'json';
  /** What tells this conversation from others of the tenant; empty for embeddings, whose stand-ins must match an index. */
  readonly firstUserTurn: string;
  /** Internal: writes that wait for `serialiseRequest`. */
  readonly settle: readonly (() => void)[];
}

/** A completion's prompt grows at its end: its beginning stands for the conversation. */
const FIRST_TURN_CHARS = 256;

export const ENDPOINTS: readonly Endpoint[] = [
  { name: 'chat.completions', method: 'POST', path: '/v1/chat/completions', table: CHAT_COMPLETIONS },
  { name: 'completions', method: 'POST', path: '/v1/completions', table: COMPLETIONS },
  { name: 'embeddings', method: 'POST', path: '/v1/embeddings', table: EMBEDDINGS },
];

/** The endpoint of a method and a path (a query string is ignored), or undefined. */
export function endpointFor(method: string, path: string): Endpoint | undefined {
  const question = path.indexOf('?');
  const bare = question === -1 ? path : path.slice(0, question);
  return ENDPOINTS.find((endpoint) => endpoint.method === method && endpoint.path === bare);
}

/**
 * Reads a parsed body. Throws AppError with `param` = the path at fault: `unknown_field`, `missing_field`,
 * `invalid_field`, `unsupported_content` (images, audio, token arrays, `store: true` ...) or `too_deep`.
 */
export function readRequest(endpoint: Endpoint, body: unknown): ParsedRequest {
  if (!isObject(body)) {
    throw fail('invalid_field', { detail: 'The body must be a JSON object.', remedy: 'Send the fields in an object.' });
  }
  if (isDeeperThan(body, MAX_DEPTH)) throw tooDeep('');
  const { slots, settle } = readFields(endpoint.table, body);
  const format = body['response_format'];
  const options = body['stream_options'];
  return {
    endpoint: endpoint.name,
    model: body['model'] as string,
    stream: body['stream'] === true,
    includeUsage: isObject(options) && options['include_usage'] === true,
    body,
    slots,
    answerMode: isObject(format) && format['type'] !== 'text' ? 'json' : 'text',
    firstUserTurn: firstTurn(endpoint.name, body),
    settle,
  };
}

/** The body as the engine gets it: every slot with the text it was last given, JSON inside strings still JSON. */
export function serialiseRequest(request: Pick<ParsedRequest, 'body' | 'settle'>): string {
  for (const write of request.settle) write();
  return JSON.stringify(request.body);
}

function firstTurn(endpoint: EndpointName, body: JsonObject): string {
  switch (endpoint) {
    case 'chat.completions': {
      const messages = body['messages'] as JsonObject[];
      return textOf(messages.find(({ role }) => role === 'user')?.['content']);
    }
    case 'completions':
      return textOf(body['prompt']).slice(0, FIRST_TURN_CHARS);
    case 'embeddings':
      return '';
  }
}

/** The text of a content: a string, or a list of strings or text parts. */
function textOf(content: JsonValue | undefined): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part) => (typeof part === 'string' ? part : isObject(part) ? part['text'] : ''))
    .filter((part) => typeof part === 'string')
    .join('\n');
}
