// The folded view of a text: what a reader sees, in as few characters as possible, so that recognisers need one spelling
// of everything. Compatibility forms are unfolded (NFKC), invisible characters dropped, look-alike letters made Latin inside
// mostly Latin tokens, every space a space, every digit 0-9, every dash a hyphen. Findings are mapped back to the offsets of
// the text as given, which is never changed by folding. Most texts fold one unit to one unit and need no map at all.
import { CONFUSABLES } from './confusables.ts';

/** A place where the view and the text differ in length: `[at, at + length)` of the view is `[from, to)` of the text. */
interface Seam {
  readonly at: number;
  readonly length: number;
  readonly from: number;
  readonly to: number;
}

export class Folded {
  readonly text: string;
  readonly #seams: readonly Seam[];

  constructor(text: string, seams: readonly Seam[]) {
    this.text = text;
    this.#seams = seams;
  }

  /** Offset in the original text where the view's character at `index` begins. */
  start(index: number): number {
    const seam = this.#seamBefore(index);
    if (seam === undefined) return index;
    return index < seam.at + seam.length ? seam.from : seam.to + index - seam.at - seam.length;
  }

  /** Offset in the original text where a range that ends before `index` of the view ends. */
  end(index: number): number {
    if (index === 0) return 0;
    const last = index - 1;
    const seam = this.#seamBefore(last);
    if (seam !== undefined && last < seam.at + seam.length) return seam.to;
    return this.start(last) + 1;
  }

  /** The last seam that begins at or before `index`. */
  #seamBefore(index: number): Seam | undefined {
    let low = 0;
    let high = this.#seams.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#seams[middle] as Seam).at <= index) low = middle + 1;
      else high = middle;
    }
    return this.#seams[low - 1];
  }
}

// What most texts are made of: characters that are their own view. Everything else stops at this expression.
const UNUSUAL =
  /[^\t\n\x20-\x7e\u00a1-\u00a7\u00a9\u00ab\u00ac\u00ae\u00b0\u00b1\u00b6\u00b7\u00bb\u00bf-\u0131\u0134-\u013e\u0141-\u0148\u014a-\u017e\u20ac\u2026]/g;

/** The folded view of `text`. Linear time; never throws; halves of surrogate pairs stay as they are. */
export function fold(text: string): Folded {
  UNUSUAL.lastIndex = 0;
  let match = UNUSUAL.exec(text);
  if (match === null) return new Folded(text, []);
  const seams: Seam[] = [];
  let view = '';
  let done = 0; // everything before this offset of the text stands in the view
  let lookalikes = false;
  while (match !== null) {
    const at = match.index;
    const code = text.charCodeAt(at);
    const next = text.charCodeAt(at + 1);
    const isPair = code >= 0xd800 && code <= 0xdbff && next >= 0xdc00 && next <= 0xdfff;
    let from = at;
    let to = isPair ? at + 2 : at + 1;
    let folded: string;
    if (MARK.test(isPair ? text.slice(at, to) : (match[0] ?? ''))) {
      // A letter and its marks become one letter; the letter may still wait in the text or already stand in the view.
      while (to - at < MAX_MARKS && MARK.test(text.charAt(to))) to += 1;
      const base = at > done ? text.charAt(at - 1) : '';
      const composes = LETTER.test(base);
      folded = compose(composes ? base : '', text.slice(at, to));
      if (composes) from = at - 1;
    } else {
      if (CONFUSABLES.has(code)) lookalikes = true;
      folded = code === 13 ? (next === 10 ? ' ' : '\n') : foldCharacter(text.slice(at, to));
    }
    view += text.slice(done, from);
    if (folded.length !== 1 || to - from !== 1) {
      if (folded !== text.slice(from, to)) seams.push({ at: view.length, length: folded.length, from, to });
    }
    view += folded;
    done = to;
    UNUSUAL.lastIndex = to;
    match = UNUSUAL.exec(text);
  }
  view += text.slice(done);
  return new Folded(lookalikes ? foldLookalikes(view) : view, seams);
}

const MARK = /^\p{M}$/u;
const LETTER = /^\p{L}$/u;
const LATIN = /^\p{Script=Latin}/u;
/** More marks on one letter than any language writes: the rest is treated as a run of its own, so that time stays linear. */
const MAX_MARKS = 8;

function compose(base: string, marks: string): string {
  const composed = (base + marks).normalize('NFKC');
  // Marks that no Latin letter takes are decoration (struck-through or stacked letters) and hide nothing from us.
  return LATIN.test(composed) ? composed.replace(/\p{M}+/gu, '') : composed;
}

const known = new Map<string, string>();

/** View of one character that is not its own; remembered, since a text repeats its characters. */
function foldCharacter(character: string): string {
  let folded = known.get(character);
  if (folded === undefined) {
    folded = computeFold(character);
    if (known.size > 50_000) known.clear();
    known.set(character, folded);
  }
  return folded;
}

function computeFold(character: string): string {
  if (/^[\u2018\u2019\u201a\u201b\u02bc\u2032\uff07]$/.test(character)) return "'";
  if (/^[\u201c\u201d\u201e\u201f\u2033]$/.test(character)) return '"';
  if (/^[\p{Pd}\u2212\u2043]$/u.test(character)) return '-';
  if (/^\p{Zs}$/u.test(character)) return ' ';
  if (/^[\v\f\u0085\u2028\u2029]$/.test(character)) return '\n';
  // Soft hyphens, zero-width characters, variation selectors, bidi controls, fillers.
  if (/^(?:\p{Cf}|\p{Variation_Selector}|\u034f|\u115f|\u1160|\u17b4|\u17b5|\u3164|\uffa0)$/u.test(character))
    return '';
  if (/^\p{Nd}$/u.test(character)) return String(digitValue(character.codePointAt(0) ?? 0));
  // One-character ordinals and fractions stay: "n°" and "1ª" are not the letters that NFKC makes of them.
  if (/^[\u00aa\u00ba\u00a8\u00af\u00b4\u00b8]$/.test(character)) return character;
  return character.normalize('NFKC').replace(/\p{Zs}/gu, ' ');
}

/** Unicode promises that decimal digits come in runs of ten, 0 to 9. */
function digitValue(code: number): number {
  if (code >= 0x1d7ce && code <= 0x1d7ff) return (code - 0x1d7ce) % 10;
  let zero = code;
  while (code - zero < 9 && /^\p{Nd}$/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return code - zero;
}

function foldLookalikes(view: string): string {
  return view.replace(/[^\s]{2,}/g, (token) => {
    let latin = 0;
    let foreign = 0;
    for (let at = 0; at < token.length; at += 1) {
      const code = token.charCodeAt(at);
      if ((code | 32) >= 97 && (code | 32) <= 122) latin += 1;
      else if (code >= 0x370 && code < 0x590) foreign += 1;
    }
    if (foreign === 0 || latin <= foreign) return token;
    return token.replace(/[\u0370-\u058f\u1d22]/g, (letter) =>
      String.fromCharCode(CONFUSABLES.get(letter.charCodeAt(0)) ?? letter.charCodeAt(0)),
    );
  });
}
