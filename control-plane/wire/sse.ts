// Server-sent events, read from bytes and written as text (WHATWG HTML, "Server-sent events", 9.2.6). Bytes may be cut
// anywhere: inside a character, between CR and LF, inside a field name. Imports nothing but the error registry.

import { fail } from '../errors.ts';

export interface SseEvent {
  /** Name of the event; absent for plain messages. */
  readonly event?: string;
  readonly id?: string;
  readonly data: string;
}

/** Longest event that is read, in characters; an engine that sends more is broken. */
const MAX_EVENT_CHARS = 8 * 1024 * 1024;

export class SseParser {
  readonly #decoder = new TextDecoder('utf-8');
  readonly #maxChars: number;
  /** What of the current line has come so far. */
  #line = '';
  #afterCr = false;
  #data: string[] = [];
  #dataChars = 0;
  #event = '';
  #id: string | undefined;
  #heard = false;

  constructor(maxEventChars = MAX_EVENT_CHARS) {
    this.#maxChars = maxEventChars;
  }

  /** Whether anything but comments and empty lines has come since it was last asked. */
  heard(): boolean {
    const heard = this.#heard || (this.#line !== '' && !this.#line.startsWith(':'));
    this.#heard = false;
    return heard;
  }

  /** Throws `engine_failed` when an event grows past the limit. */
  push(bytes: Uint8Array): SseEvent[] {
    return this.#take(this.#decoder.decode(bytes, { stream: true }));
  }

  /**
   * The event that was under way when the stream ended. A browser would drop it; engines exist that leave out the last
   * empty line, and whoever reads JSON from it sees whether it was cut.
   */
  end(): SseEvent[] {
    const events = this.#take(this.#decoder.decode());
    if (this.#line !== '') this.#readLine(this.#line);
    this.#line = '';
    const last = this.#dispatch();
    return last === undefined ? events : [...events, last];
  }

  #take(chunk: string): SseEvent[] {
    const events: SseEvent[] = [];
    let from = 0;
    if (this.#afterCr && chunk !== '') {
      this.#afterCr = false;
      if (chunk[0] === '\n') from = 1;
    }
    for (;;) {
      const end = lineEnd(chunk, from);
      if (end === -1) break;
      const line = this.#line + chunk.slice(from, end);
      this.#line = '';
      from = end + 1;
      if (chunk[end] === '\r') {
        if (from === chunk.length) this.#afterCr = true;
        else if (chunk[from] === '\n') from += 1;
      }
      if (line !== '') this.#readLine(line);
      else {
        const event = this.#dispatch();
        if (event !== undefined) events.push(event);
      }
    }
    this.#line += chunk.slice(from);
    this.#checkSize(this.#line.length);
    return events;
  }

  #readLine(line: string): void {
    const colon = line.indexOf(':');
    if (colon === 0) return;
    this.#heard = true;
    const field = colon === -1 ? line : line.slice(0, colon);
    const start = line[colon + 1] === ' ' ? colon + 2 : colon + 1;
    const value = colon === -1 ? '' : line.slice(start);
    if (field === 'data') {
      this.#data.push(value);
      this.#dataChars += value.length;
      this.#checkSize(0);
    } else if (field === 'event') this.#event = value;
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
  }

  #dispatch(): SseEvent | undefined {
    const data = this.#data;
    const event = this.#event;
    this.#data = [];
    this.#dataChars = 0;
    this.#event = '';
    if (data.length === 0) return undefined;
    return {
      ...(event === '' ? {} : { event }),
      ...(this.#id === undefined ? {} : { id: this.#id }),
      data: data.join('\n'),
    };
  }

  #checkSize(lineChars: number): void {
    if (this.#dataChars + lineChars <= this.#maxChars) return;
    throw fail('engine_failed', { detail: `The engine sent an event of more than ${this.#maxChars} characters.` });
  }
}

/** One event as bytes go out. `data` may hold line breaks; they become lines of their own. */
export function formatSse(event: SseEvent | string): string {
  const { data, event: name, id } = typeof event === 'string' ? { data: event } : (event as Partial<SseEvent>);
  let out = '';
  if (name !== undefined) out += `event: ${name.replace(/[\r\n]/g, '')}\n`;
  if (id !== undefined) out += `id: ${id.replace(/[\r\n\0]/g, '')}\n`;
  for (const line of (data ?? '').split(/\r\n|\r|\n/)) out += `data: ${line}\n`;
  return `${out}\n`;
}

/** A comment: keeps a connection alive and says nothing. */
export function formatSseComment(comment: string): string {
  return `: ${comment.replace(/[\r\n]/g, ' ')}\n\n`;
}

/** Index of the next CR or LF, or -1. */
function lineEnd(text: string, from: number): number {
  for (let index = from; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 10 || code === 13) return index;
  }
  return -1;
}
