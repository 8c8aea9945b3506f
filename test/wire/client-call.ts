// One call of the official `openai` client, with the answer that the engine gives to it, and what the lists share.

import type OpenAI from 'openai';
import type { EngineCall, Script } from './scripted-engine.ts';

export interface ClientCall {
  readonly name: string;
  readonly engine: Script;
  /** Makes the call; what it returns, or the error it throws, is compared. */
  run(client: OpenAI, engineCalls: readonly EngineCall[]): Promise<unknown>;
  /** The gateway refuses this on purpose: error code and `param`. The engine must not have been called. */
  readonly refused?: { readonly code: string; readonly param: string };
  /** The gateway answers differently on purpose, and why. */
  readonly through?: { readonly because: string; readonly outcome: unknown };
  /** The body holds personal data: what the engine gets differs by design. */
  readonly personal?: true;
}

export const user = (content: string) => ({ role: 'user' as const, content });

/** All items of a stream, in order. */
export async function collect<T>(stream: Promise<AsyncIterable<T>>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of await stream) items.push(item);
  return items;
}

/** A stream's texts joined by place, for streams whose cuts the gateway may move. */
export function joined(chunks: readonly object[]): Record<string, string> {
  const texts: Record<string, string> = {};
  const take = (value: unknown, path: string): void => {
    if (typeof value === 'string') texts[path] = (texts[path] ?? '') + value;
    else if (Array.isArray(value)) for (const item of value) take(item, `${path}[${item?.index ?? ''}]`);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, member] of Object.entries(value)) take(member, `${path}.${key}`);
    }
  };
  for (const chunk of chunks as { choices?: unknown }[]) take(chunk.choices, '');
  return texts;
}
