// Surrogates: what stands for a value while a model reads the text. `<PERSON_1kt>` is a label, a number by first
// appearance, two letters (the nonce, so that nobody can guess another conversation's surrogates) and, where it helps the
// model, a hint: `<PERSON_2kt:F>`, `<DATE_OF_BIRTH_1kt:1958>`. One grammar reads them everywhere: the restorer, and the
// recogniser that keeps callers from writing them. Imports entity types only. Format: docs/adr/0004-surrogate-format.md.
import { createHmac, type KeyObject } from 'node:crypto';
import { ENTITY_TYPES, type EntityType } from './entities.ts';

/** Letters of nonces: no vowels and no y (they would spell words), no l (it looks like 1). */
export const NONCE_LETTERS = 'bcdfghjkmnpqrstvwxz';

/** No spelling of a surrogate is longer than this, altered ones included. Longer is not one. */
export const MAX_SURROGATE_LENGTH = 96;

/**
 * Two letters that depend on the tenant and the first user turn, so that a growing conversation keeps its surrogates (and the
 * engine its prefix cache), while two conversations rarely share them.
 */
export function deriveNonce(key: Uint8Array | KeyObject, tenant: string, firstUserTurn: string): string {
  const digest = createHmac('sha256', key)
    .update(JSON.stringify([tenant, firstUserTurn]))
    .digest();
  const letter = (at: number): string => NONCE_LETTERS.charAt(digest.readUInt16BE(at) % NONCE_LETTERS.length);
  return letter(0) + letter(2);
}

/** The part that identifies: `PERSON_1kt`. */
export const surrogateKey = (type: EntityType, number: number, nonce: string): string => `${type}_${number}${nonce}`;

export const formatSurrogate = (key: string, hint: string): string => (hint === '' ? `<${key}>` : `<${key}:${hint}>`);

/** What a policy that masks leaves: never restored, since it has no number. */
export const formatMask = (type: EntityType): string => `<${type}>`;

export interface ReadSurrogate {
  readonly end: number;
  /** As issued: `PERSON_1kt`, whatever case and spaces it came in. */
  readonly key: string;
  readonly hint: string;
}

// Models alter what they copy: other case, spaces inside, Markdown escapes, HTML entities, JSON escapes.
const OPENINGS = ['<', '\\<', '\\\\<', '&lt;', '&#60;', '&#x3c;', '\\u003c', '\\\\u003c'];
const CLOSINGS = ['>', '\\>', '\\\\>', '&gt;', '&#62;', '&#x3e;', '\\u003e', '\\\\u003e'];
/** `_`, escaped or not, and what it is turned into. */
const JOINS = ['_', '\\_', '\\\\_', ' ', '-', '\n'];
const LABELS: ReadonlySet<string> = new Set(ENTITY_TYPES);
const LABEL_PREFIXES: ReadonlySet<string> = new Set(
  ENTITY_TYPES.flatMap((type) => Array.from(`${type}_`, (_, index) => `${type}_`.slice(0, index + 1))),
);

/**
 * Reads the surrogate that begins at `at`. `partial` means that the text ends before one can tell; undefined that none
 * begins here. Looks at MAX_SURROGATE_LENGTH characters at most.
 */
export function readSurrogate(text: string, at: number): ReadSurrogate | 'partial' | undefined {
  const reader = new SurrogateReader(text, at);
  const opening = reader.oneOf(OPENINGS);
  const name = opening && reader.label();
  const number = name && reader.run(isNumeral, 1, 6);
  const nonce = number && reader.optionalSpace() && reader.run(isAsciiLetter, 2, 2);
  const hint = nonce && reader.hint();
  const closing = hint !== undefined && reader.oneOf(CLOSINGS);
  if (reader.ranOut && reader.at - at < MAX_SURROGATE_LENGTH) return 'partial';
  if (!closing || !opening || !name || !number || !nonce || number.startsWith('0')) return undefined;
  // A backslash before `<` belongs to the surrogate only where the inside is escaped too: redaction writes plain surrogates
  // after whatever the user wrote, and `C:\\<PERSON_1kt>` must give the backslash back.
  if (opening.endsWith('<') && opening !== '<' && !text.slice(at + opening.length, reader.at).includes('\\'))
    return undefined;
  return { end: reader.at, key: `${name}_${number}${nonce.toLowerCase()}`, hint };
}

/**
 * Reads a surrogate that lost its brackets (`PERSON_1kt`), which small models do. Stricter than with brackets: exact case, and
 * nothing beside it that an identifier or a surrogate could be made of. `before` is the character before `at` in the stream, '' at
 * its beginning; `isWhole` says that no more text comes.
 */
export function readBareSurrogate(
  text: string,
  at: number,
  before: string,
  isWhole: boolean,
): ReadSurrogate | 'partial' | undefined {
  // Redaction may have put a surrogate right beside the user's own letters: `<` and `>` are no neighbours either.
  if (before !== '' && NO_NEIGHBOUR.test(before)) return undefined;
  let index = at;
  let name = '';
  for (; index < text.length && !isNumeral(text.charCodeAt(index)); index += 1) {
    const character = text.charAt(index);
    if (character === '\\' && (index + 1 === text.length || text.charAt(index + 1) === '_')) continue;
    name += character;
    if (!LABEL_PREFIXES.has(name)) return undefined;
  }
  if (index < text.length && !(name.endsWith('_') && LABELS.has(name.slice(0, -1)))) return undefined;
  const rest = BARE_END.exec(text.slice(index, index + 10))?.[0] ?? '';
  const end = index + rest.length;
  if (end === text.length && !isWhole) return 'partial';
  if (!/^[1-9]\d{0,5}[a-z]{2}$/.test(rest) || NO_NEIGHBOUR.test(text.charAt(end))) return undefined;
  return { end, key: `${name}${rest}`, hint: '' };
}

const NO_NEIGHBOUR = /[\p{L}\p{N}\p{M}_<>]/u;
const BARE_END = /^\d{0,6}[a-z]{0,2}/;

const isNumeral = (code: number): boolean => code >= 48 && code <= 57;
const isAsciiLetter = (code: number): boolean => (code | 32) >= 97 && (code | 32) <= 122;
const isHintCharacter = (code: number): boolean => isNumeral(code) || isAsciiLetter(code);

/** A cursor that remembers whether it failed because the text ran out. */
class SurrogateReader {
  readonly #text: string;
  readonly #limit: number;
  at: number;
  ranOut = false;

  constructor(text: string, at: number) {
    this.#text = text;
    this.at = at;
    this.#limit = Math.min(text.length, at + MAX_SURROGATE_LENGTH);
  }

  oneOf(choices: readonly string[]): string | undefined {
    for (const choice of choices) {
      let same = 0;
      while (same < choice.length && this.at + same < this.#limit && this.#isSame(choice, same)) same += 1;
      if (same === choice.length) {
        this.at += same;
        return choice;
      }
      if (this.at + same === this.#limit) this.ranOut = true;
    }
    return undefined;
  }

  /** Between `least` and `most` characters of a kind. */
  run(isKind: (code: number) => boolean, least: number, most: number): string | undefined {
    const from = this.at;
    while (this.at < this.#limit && this.at - from < most && isKind(this.#text.charCodeAt(this.at))) this.at += 1;
    if (this.at === this.#limit) this.ranOut = true;
    return this.at - from < least ? undefined : this.#text.slice(from, this.at);
  }

  /** Always true, so that it can stand in a chain. */
  optionalSpace(): true {
    const code = this.#text.charCodeAt(this.at);
    if (this.at < this.#limit && (code === 32 || code === 10)) this.at += 1;
    if (this.at === this.#limit) this.ranOut = true;
    return true;
  }

  /** A known label and what joins it to its number: `PERSON_`, `date of birth `, `FR\\_NIR\\_`. */
  label(): string | undefined {
    this.optionalSpace();
    let name = '';
    for (;;) {
      const word = this.run(isAsciiLetter, 1, 14);
      if (word === undefined) return undefined;
      name += word.toUpperCase();
      if (!LABEL_PREFIXES.has(name)) {
        this.ranOut = false;
        return undefined;
      }
      if (this.at === this.#limit || this.oneOf(JOINS) === undefined) return undefined;
      this.ranOut = false;
      this.optionalSpace();
      if (this.at === this.#limit) return undefined;
      if (isNumeral(this.#text.charCodeAt(this.at))) return LABELS.has(name) ? name : undefined;
      name += '_';
    }
  }

  /** '' if there is none; undefined if what follows cannot be a hint. */
  hint(): string | undefined {
    this.optionalSpace();
    if (this.#text.charCodeAt(this.at) !== 58 || this.at === this.#limit) return '';
    this.at += 1;
    this.optionalSpace();
    const hint = this.run(isHintCharacter, 0, 8);
    this.optionalSpace();
    return hint;
  }

  #isSame(choice: string, offset: number): boolean {
    const code = this.#text.charCodeAt(this.at + offset);
    return code === choice.charCodeAt(offset) || (isAsciiLetter(code) && (code | 32) === choice.charCodeAt(offset));
  }
}
