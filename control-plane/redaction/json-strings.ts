// Follows the strings of a JSON document that comes in pieces, also of documents inside its strings: arguments of tools are
// JSON in a string, and often encoded twice. Knows how many strings deep a place is, so that a value is escaped as often.

const QUOTE = 34;
const BACKSLASH = 92;

/** Whether the content of an open string is a document itself: it begins with brackets, then a quote. */
type Content = 'empty' | 'brackets' | 'document' | 'text';

export class JsonStrings {
  /** One entry for each open string, the outermost first. */
  readonly #open: Content[] = [];
  #backslashes = 0;

  get depth(): number {
    return this.#open.length;
  }

  /** Reads one UTF-16 unit. */
  read(code: number): void {
    if (code === BACKSLASH) {
      this.#backslashes += 1;
      return;
    }
    const backslashes = this.#backslashes;
    this.#backslashes = 0;
    if (code === QUOTE) this.#quote(backslashes);
    else this.#look(code, backslashes > 0);
  }

  /** Something was put in: what comes is not escaped by what stands before it. */
  break(): void {
    this.#backslashes = 0;
    if (this.depth > 0 && this.#open[this.depth - 1] !== 'document') this.#open[this.depth - 1] = 'text';
  }

  /** At depth d a literal backslash takes 2^d of them, and the quote that ends the string has 2^(d-1) - 1 more. */
  #quote(backslashes: number): void {
    const depth = this.depth;
    if (depth === 0) {
      this.#open.push('empty');
      return;
    }
    const content = this.#open[depth - 1];
    if (backslashes === 2 ** depth - 1 && (content === 'brackets' || content === 'document')) {
      this.#open[depth - 1] = 'document';
      this.#open.push('empty');
      return;
    }
    for (let closed = depth; closed > 0; closed -= 1) {
      if (backslashes % 2 ** closed !== 2 ** (closed - 1) - 1) continue;
      this.#open.length = closed - 1;
      return;
    }
    if (content !== 'document') this.#open[depth - 1] = 'text';
  }

  #look(code: number, isEscape: boolean): void {
    const content = this.#open[this.depth - 1];
    if (content !== 'empty' && content !== 'brackets') return;
    if (code <= 32 || (isEscape && (code === 110 || code === 114 || code === 116))) return; // \n \r \t
    this.#open[this.depth - 1] = !isEscape && (code === 123 || code === 91) ? 'brackets' : 'text';
  }
}
