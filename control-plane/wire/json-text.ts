// A JSON document as text (tool-call arguments, schemas, metadata): every key, string and long number in it is a
// piece that can be replaced, and everything between the pieces stays byte for byte as it came. Works on the text and
// not on the parsed value, so that duplicate keys, big numbers and white space survive and nothing goes unseen.
// Imports json and schema-keywords.

import { itemPath, MAX_DEPTH, memberPath } from './json.ts';
import { type KeywordUse, leafIsPlain, schemaKeyword } from './schema-keywords.ts';

/** Shortest number that could name somebody; shorter ones are left alone. */
const MIN_DIGITS = 6;

export interface JsonPiece {
  readonly path: string;
  /** The decoded string, or the number as written. */
  readonly text: string;
}

export class JsonTooDeep extends Error {}

export class JsonText {
  readonly pieces: readonly JsonPiece[];
  readonly #raw: string;
  readonly #spans: readonly Span[];
  readonly #replaced: (string | undefined)[];

  /** `raw` must be valid JSON (the caller has parsed it); `use` says how its outermost value is read. */
  constructor(raw: string, path: string, use: KeywordUse) {
    this.#raw = raw;
    const scan = new Scan(raw);
    scan.value(path, use, '', 0);
    this.#spans = scan.spans;
    this.pieces = scan.pieces;
    this.#replaced = new Array<string | undefined>(scan.pieces.length).fill(undefined);
  }

  /** Sets one piece; its own text sets it back to the very bytes that came. */
  replace(index: number, text: string): void {
    this.#replaced[index] = text === this.pieces[index]?.text ? undefined : text;
  }

  get changed(): boolean {
    return this.#replaced.some((text) => text !== undefined);
  }

  render(): string {
    let out = '';
    let from = 0;
    for (const [index, text] of this.#replaced.entries()) {
      const span = this.#spans[index];
      if (text === undefined || span === undefined) continue;
      out += this.#raw.slice(from, span.start) + JSON.stringify(text);
      from = span.end;
    }
    return out + this.#raw.slice(from);
  }
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** A recursive descent over valid JSON which notes where strings and numbers stand. */
class Scan {
  readonly pieces: JsonPiece[] = [];
  readonly spans: Span[] = [];
  readonly #raw: string;
  #at = 0;

  constructor(raw: string) {
    this.#raw = raw;
  }

  value(path: string, use: KeywordUse, keyword: string, depth: number): void {
    if (depth > MAX_DEPTH) throw new JsonTooDeep();
    this.#skipSpace();
    const first = this.#raw[this.#at];
    if (first === '{') this.#object(path, use, depth);
    else if (first === '[') this.#array(path, use, keyword, depth);
    else if (first === '"') this.#string(path, use, keyword);
    else this.#scalar(path);
  }

  #object(path: string, use: KeywordUse, depth: number): void {
    this.#at += 1;
    for (;;) {
      this.#skipSpace();
      if (this.#take('}')) return;
      if (this.#take(',')) continue;
      const start = this.#at;
      const key = this.#readString();
      const member = memberPath(path, key);
      const inner = use === 'schema' ? schemaKeyword(key) : undefined;
      // A schema's own keywords say nothing of anybody; every other key may be a value in disguise.
      if (inner === undefined && key !== '') this.#piece(member, key, start);
      this.#skipSpace();
      this.#take(':');
      this.value(member, inner ?? (use === 'schemas' ? 'schema' : 'data'), inner === undefined ? '' : key, depth + 1);
    }
  }

  #array(path: string, use: KeywordUse, keyword: string, depth: number): void {
    this.#at += 1;
    for (let index = 0; ; ) {
      this.#skipSpace();
      if (this.#take(']')) return;
      if (this.#take(',')) continue;
      this.value(itemPath(path, index), use, keyword, depth + 1);
      index += 1;
    }
  }

  #string(path: string, use: KeywordUse, keyword: string): void {
    const start = this.#at;
    const text = this.#readString();
    if (text === '' || (use === 'plain' && leafIsPlain(keyword, text))) return;
    this.#piece(path, text, start);
  }

  #scalar(path: string): void {
    const start = this.#at;
    while (this.#at < this.#raw.length && !/[\s,\]}]/.test(this.#raw.charAt(this.#at))) this.#at += 1;
    const text = this.#raw.slice(start, this.#at);
    if (/^-?[\d]/.test(text) && text.replace(/\D/g, '').length >= MIN_DIGITS) this.#piece(path, text, start);
  }

  #piece(path: string, text: string, start: number): void {
    this.pieces.push({ path, text });
    this.spans.push({ start, end: this.#at });
  }

  #readString(): string {
    const start = this.#at;
    let escaped = false;
    for (this.#at += 1; this.#raw.charCodeAt(this.#at) !== 0x22; this.#at += 1) {
      if (this.#raw.charCodeAt(this.#at) !== 0x5c) continue;
      escaped = true;
      this.#at += 1;
    }
    this.#at += 1;
    return escaped
      ? (JSON.parse(this.#raw.slice(start, this.#at)) as string)
      : this.#raw.slice(start + 1, this.#at - 1);
  }

  #skipSpace(): void {
    while (/[ \t\r\n]/.test(this.#raw.charAt(this.#at))) this.#at += 1;
  }

  #take(char: string): boolean {
    if (this.#raw[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }
}
