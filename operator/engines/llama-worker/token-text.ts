// Turns token ids into text exactly. llama.cpp's own detokenizer removes the space of " ," for byte-level BPE, and a
// copied span would no longer be a span of its source; therefore ids are decoded to bytes here, from the vocabulary
// of the file, and bytes to text with a decoder that never splits a character. Imports nothing of ours.

/** Token types of the GGUF format that matter here. */
const UNKNOWN = 2;
const CONTROL = 3;
const USER_DEFINED = 4;
const BYTE = 6;

export interface VocabularySource {
  /** `tokenizer.ggml.model`: `llama`, `gpt2`, `rwkv` ... */
  readonly kind: string;
  readonly tokens: readonly string[];
  readonly types: readonly number[];
}

export interface TokenText {
  /** The bytes that a token stands for; none for control tokens, unless they were asked to be visible. */
  bytes(token: number): Buffer;
  /** Every control token's text and id. */
  readonly controls: ReadonlyMap<string, number>;
  text(token: number): string;
}

/** `visible`: control tokens that belong to the answer, such as the mark that begins a tool call. */
export function createTokenText(source: VocabularySource, visible: readonly string[] = []): TokenText {
  const { tokens, types } = source;
  const controls = new Map<string, number>();
  for (const [id, type] of types.entries()) {
    const text = tokens[id];
    if (type === CONTROL && text !== undefined && text.length > 1) controls.set(text, id);
  }
  const cache = new Map<number, Buffer>();
  const decode = source.kind === 'gpt2' ? decodeByteLevel : source.kind === 'rwkv' ? decodeEscaped : decodePiece;
  const bytes = (token: number): Buffer => {
    const known = cache.get(token);
    if (known !== undefined) return known;
    const text = tokens[token] ?? '';
    const type = types[token];
    const hidden = (type === CONTROL || type === UNKNOWN) && !visible.includes(text);
    const raw = type === USER_DEFINED || type === CONTROL;
    const decoded = hidden ? Buffer.alloc(0) : raw ? Buffer.from(text, 'utf8') : decode(text, type);
    cache.set(token, decoded);
    return decoded;
  };
  return { bytes, controls, text: (token) => tokens[token] ?? '' };
}

/** SentencePiece and its kin: U+2581 stands for a space, `<0xE2>` for a byte. */
function decodePiece(text: string, type: number | undefined): Buffer {
  const byte = type === BYTE ? /^<0x([0-9A-Fa-f]{2})>$/.exec(text) : null;
  if (byte?.[1] !== undefined) return Buffer.from([Number.parseInt(byte[1], 16)]);
  return Buffer.from(text.replaceAll('\u2581', ' '), 'utf8');
}

const BYTE_OF_CHARACTER = byteOfCharacter();

/** GPT-2's table: printable bytes stand for themselves, the others for characters from U+0100 on. */
function byteOfCharacter(): ReadonlyMap<string, number> {
  const table = new Map<string, number>();
  let next = 256;
  for (let byte = 0; byte < 256; byte += 1) {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    table.set(String.fromCharCode(printable ? byte : next), byte);
    if (!printable) next += 1;
  }
  return table;
}

function decodeByteLevel(text: string): Buffer {
  const bytes: number[] = [];
  for (const character of text) {
    const byte = BYTE_OF_CHARACTER.get(character);
    if (byte === undefined) bytes.push(...Buffer.from(character, 'utf8'));
    else bytes.push(byte);
  }
  return Buffer.from(bytes);
}

/** RWKV: `\n`, `\t`, `\r`, `\x41`, and a backslash before any other character. */
function decodeEscaped(text: string): Buffer {
  const parts: Buffer[] = [];
  const pattern = /\\x([0-9a-fA-F]{2})|\\([\s\S])|[^\\]+|\\/g;
  for (const match of text.matchAll(pattern)) {
    const [whole, hex, escaped] = match;
    if (hex !== undefined) parts.push(Buffer.from([Number.parseInt(hex, 16)]));
    else if (escaped !== undefined) parts.push(Buffer.from({ n: '\n', t: '\t', r: '\r' }[escaped] ?? escaped, 'utf8'));
    else parts.push(Buffer.from(whole, 'utf8'));
  }
  return Buffer.concat(parts);
}

/** Joins the bytes of successive tokens into text, keeping back the bytes of an unfinished character. */
export function createTextDecoder(): { push(bytes: Buffer): string; end(): string } {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return {
    push: (bytes) => decoder.decode(bytes, { stream: true }),
    end: () => decoder.decode(),
  };
}
