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
  /** The nearest key above a value; absent for keys. */
  readonly label?: string;
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

const SCALAR_END = /[\s,\]}]/g;

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

  /** `label` is the nearest key above, which for `plain` is the keyword. */
  value(path: string, use: KeywordUse, label: string, depth: number): void {
    if (depth > MAX_DEPTH) throw new JsonTooDeep();
    this.#skipSpace();
    const first = this.#raw[this.#at];
    if (first === '{') this.#object(path, use, depth);
    else if (first === '[') this.#array(path, use, label, depth);
    else if (first === '"') this.#string(path, use, label);
    else this.#scalar(path, label);
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
      this.value(member, inner ?? (use === 'schemas' ? 'schema' : 'data'), key, depth + 1);
    }
  }

  #array(path: string, use: KeywordUse, label: string, depth: number): void {
    this.#at += 1;
    for (let index = 0; ; ) {
      this.#skipSpace();
      if (this.#take(']')) return;
      if (this.#take(',')) continue;
      this.value(itemPath(path, index), use, label, depth + 1);
      index += 1;
    }
  }

  #string(path: string, use: KeywordUse, label: string): void {
    const start = this.#at;
    const text = this.#readString();
    if (text === '' || (use === 'plain' && leafIsPlain(label, text))) return;
    this.#piece(path, text, start, label);
  }

  #scalar(path: string, label: string): void {
    const start = this.#at;
    SCALAR_END.lastIndex = start;
    this.#at = SCALAR_END.exec(this.#raw)?.index ?? this.#raw.length;
    const text = this.#raw.slice(start, this.#at);
    if (text.length >= MIN_DIGITS && text.replace(/\D/g, '').length >= MIN_DIGITS)
      this.#piece(path, text, start, label);
  }

  #piece(path: string, text: string, start: number, label = ''): void {
    this.pieces.push(label === '' ? { path, text } : { path, text, label });
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
    for (let code = this.#raw.charCodeAt(this.#at); code === 32 || (code >= 9 && code <= 13); ) {
      this.#at += 1;
      code = this.#raw.charCodeAt(this.#at);
    }
  }

  #take(char: string): boolean {
    if (this.#raw[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }
}
