// Restoration: puts the user's own values back where a model's answer holds their surrogates, in any chunking. Only
// surrogates that were issued for this very request are known here, so a forged one stays as it is; what was put back is
// never read again. Holds back only a tail that may still become a surrogate, at most MAX_SURROGATE_LENGTH characters.
import { JsonStrings } from './json-strings.ts';
import { readBareSurrogate, readSurrogate } from './surrogates.ts';

/** json: the stream is the inside of a JSON document (tool-call arguments, JSON answers). */
export type RestoreMode = 'text' | 'json';

/** Surrogates issued for one request and what they stand for. Lives in memory as long as its request, and nowhere else. */
export class SurrogateMap {
  /** By key; what other spellings of the same value stand for is below, by `key:hint`. Most values have one spelling. */
  readonly #first = new Map<string, { readonly hint: string; readonly value: string }>();
  readonly #others = new Map<string, string>();

  /** Number of values that can be restored. */
  get size(): number {
    return this.#first.size + this.#others.size;
  }

  /** Records that `<key:hint>` stands for `value`. The first spelling of a key also answers to unknown hints. */
  issue(key: string, hint: string, value: string): void {
    const own = hint.toLowerCase();
    const first = this.#first.get(key);
    if (first === undefined) this.#first.set(key, { hint: own, value });
    else if (first.hint !== own && !this.#others.has(`${key}:${own}`)) this.#others.set(`${key}:${own}`, value);
  }

  /** The user's own bytes, or undefined if this surrogate was never issued. Models drop or invent hints: the key decides. */
  value(key: string, hint: string): string | undefined {
    return this.#others.get(`${key}:${hint.toLowerCase()}`) ?? this.#first.get(key)?.value;
  }
}

export function restoreText(map: SurrogateMap, text: string, mode: RestoreMode): string {
  const restorer = createRestorer(map, mode);
  return restorer.push(text) + restorer.end();
}

export interface Restorer {
  push(chunk: string): string;
  /** What was held back, now that no more text comes. */
  end(): string;
}

/** A restorer for one stream. The outputs of all pushes and the end, joined, are the restored whole, whatever the cuts. */
export function createRestorer(map: SurrogateMap, mode: RestoreMode): Restorer {
  let held = '';
  let before = ''; // the character of the stream before what is held
  const place = mode === 'json' ? jsonPlace() : PLAIN;
  const run = (chunk: string, isLast: boolean): string => {
    const text = held + chunk;
    let out = '';
    let done = 0; // everything before it has been put out
    let at = nextOpening(text, 0);
    while (at < text.length) {
      const code = text.charCodeAt(at);
      const isBare = code >= 65 && code <= 90;
      const found = isBare
        ? readBareSurrogate(text, at, at === 0 ? before : text.charAt(at - 1), isLast)
        : readSurrogate(text, at);
      if (found === 'partial' && !isLast) break;
      if (found === undefined || found === 'partial') {
        at = nextOpening(text, at + place.unit(text, at));
        continue;
      }
      const value = map.value(found.key, found.hint);
      if (value !== undefined) {
        const before = text.slice(done, at);
        place.pass(before);
        out += before + place.write(value);
        done = found.end;
      }
      at = nextOpening(text, found.end);
    }
    const end = Math.min(at, text.length);
    const rest = text.slice(done, end);
    place.pass(rest);
    before = end === 0 ? before : text.charAt(end - 1);
    held = text.slice(end);
    return out + rest;
  };
  return { push: (chunk) => run(chunk, false), end: () => run('', true) };
}

/** Where a surrogate may begin: `<`, `&`, `\`, or the label of one without brackets. The length of the text if there is none. */
function nextOpening(text: string, from: number): number {
  OPENING.lastIndex = from;
  const match = OPENING.exec(text);
  return match === null ? text.length : match.index;
}

const OPENING = /[<&\\A-Z]/g;

/** What the restorer knows of the place where a value lands. */
interface Place {
  /** Told of everything that is put out as it came. */
  pass(text: string): void;
  /** How a value is written here. */
  write(value: string): string;
  /** Length of the unit at an opening that began no surrogate: in JSON a backslash and what follows are one. */
  unit(text: string, at: number): number;
}

const PLAIN: Place = { pass: () => {}, write: (value) => value, unit: () => 1 };

/**
 * Follows the quotes of a JSON document. Inside a string a value is escaped, twice in a document in a string; where the model
 * forgot the quotes, the value gets them. A stream that does not begin like JSON is text after all, and values stand in it as they are.
 */
function jsonPlace(): Place {
  let kind: 'unknown' | 'json' | 'text' = 'unknown';
  const strings = new JsonStrings();
  return {
    pass(text) {
      for (let at = 0; at < text.length; at += 1) {
        const code = text.charCodeAt(at);
        if (kind === 'unknown' && code > 32)
          kind = code === 123 || code === 91 || code === 34 || code === 96 ? 'json' : 'text';
        strings.read(code);
      }
    },
    write(value) {
      if (kind === 'unknown') kind = 'text';
      if (kind === 'text') return value;
      if (strings.depth === 0) return JSON.stringify(value);
      strings.break();
      let escaped = value;
      for (let depth = 0; depth < strings.depth; depth += 1) escaped = JSON.stringify(escaped).slice(1, -1);
      return escaped;
    },
    unit: (text, at) => (text.charCodeAt(at) === 92 ? 2 : 1),
  };
}
