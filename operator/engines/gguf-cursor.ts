// Reads a GGUF header forwards through a small window on an open file, so that a header of any size costs constant
// memory and a hostile length is refused before anything is allocated for it. Imports: weights.
import { isUtf8 } from 'node:buffer';
import type { FileHandle } from 'node:fs/promises';
import { WeightsError } from './weights.ts';

const WINDOW_BYTES = 256 * 1024;

export function corrupt(what: string): WeightsError {
  return new WeightsError(
    'corrupt_weights',
    `the weights file is damaged: ${what}`,
    'Copy the file again from its source and compare its SHA-256 with the one published there.',
  );
}

/** A forward-only cursor; every read is checked against the end of the file first. */
export class GgufCursor {
  /** Bytes consumed so far. */
  position = 0;
  readonly #file: FileHandle;
  readonly #size: number;
  readonly #window = Buffer.alloc(WINDOW_BYTES);
  #start = 0;
  #length = 0;

  constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.#size = size;
  }

  /** True when `bytes` more can be read without waiting for the disk. */
  has(bytes: number): boolean {
    return this.position + bytes <= this.#start + this.#length;
  }

  /** Makes the next `bytes` (at most the window) readable by the synchronous readers. */
  async need(bytes: number): Promise<void> {
    if (this.has(bytes)) return;
    if (bytes > this.#size - this.position) throw corrupt('it ends in the middle of its header');
    this.#start = this.position;
    this.#length = 0;
    while (this.#length < bytes) {
      const { bytesRead } = await this.#file.read(
        this.#window,
        this.#length,
        WINDOW_BYTES - this.#length,
        this.#start + this.#length,
      );
      if (bytesRead === 0) throw corrupt('it ends in the middle of its header');
      this.#length += bytesRead;
    }
  }

  /** Steps over bytes without reading them; the length may be hostile. */
  skip(bytes: number): void {
    if (bytes > this.#size - this.position) throw corrupt('a length in its header points beyond its end');
    this.position += bytes;
  }

  /** The next `bytes`, already made readable by `need`. The result is only valid until the next `need`. */
  take(bytes: number): Buffer {
    const offset = this.position - this.#start;
    this.position += bytes;
    return this.#window.subarray(offset, offset + bytes);
  }

  u32(): number {
    return this.take(4).readUInt32LE(0);
  }

  /** A 64-bit count or length; more than 2^53 cannot be meant. */
  u64(): number {
    const value = this.take(8).readBigUInt64LE(0);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw corrupt('a length in its header is beyond all bounds');
    return Number(value);
  }

  async readU32(): Promise<number> {
    await this.need(4);
    return this.u32();
  }

  async readU64(): Promise<number> {
    await this.need(8);
    return this.u64();
  }

  /** A UTF-8 string of at most `limitBytes`. */
  async readString(limitBytes: number): Promise<string> {
    const length = await this.readU64();
    if (length > limitBytes) throw corrupt(`a text in its header is longer than ${limitBytes} bytes`);
    if (length <= WINDOW_BYTES) {
      await this.need(length);
      return this.take(length).toString('utf8');
    }
    const parts: Buffer[] = [];
    for (let left = length; left > 0; ) {
      const bytes = Math.min(left, WINDOW_BYTES);
      await this.need(bytes);
      parts.push(Buffer.from(this.take(bytes)));
      left -= bytes;
    }
    return Buffer.concat(parts).toString('utf8');
  }

  /** A key or the name of a tensor: UTF-8 to the letter, because names are compared. */
  async readName(limitBytes: number): Promise<string> {
    const length = await this.readU64();
    if (length > limitBytes) throw corrupt(`a name in its header is longer than ${limitBytes} bytes`);
    await this.need(length);
    const bytes = this.take(length);
    if (!isUtf8(bytes)) throw corrupt('a name in its header is not UTF-8');
    return bytes.toString('utf8');
  }
}
