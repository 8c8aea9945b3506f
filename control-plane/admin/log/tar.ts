// A tar archive (POSIX.1-2001, ustar) of files that are in memory: what every system unpacks without us. Nothing of it
// depends on when or by whom it was made, so that the same bundle gives the same bytes. Imports nothing.

const BLOCK = 512;
const MAX_NAME = 100;

export interface TarFile {
  /** With `/`; at most 100 bytes of ASCII. */
  readonly name: string;
  readonly data: Uint8Array;
}

/** Below `folder`. @throws RangeError for a name that does not fit. */
export async function* tarOf(folder: string, files: AsyncIterable<TarFile>): AsyncGenerator<Uint8Array> {
  for await (const { name, data } of files) {
    yield header(`${folder}/${name}`, data.length);
    yield data;
    const rest = data.length % BLOCK;
    if (rest > 0) yield new Uint8Array(BLOCK - rest);
  }
  yield new Uint8Array(2 * BLOCK);
}

function header(name: string, size: number): Uint8Array {
  const block = Buffer.alloc(BLOCK);
  if (Buffer.byteLength(name) > MAX_NAME) throw new RangeError(`a name of more than ${MAX_NAME} bytes`);
  const octal = (value: number, width: number) => `${value.toString(8).padStart(width - 1, '0')}\0`;
  block.write(name, 0);
  block.write(octal(0o644, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(0, 12), 136);
  block.write(' '.repeat(8), 148); // the sum is taken with blanks in its own place
  block.write('0', 156);
  block.write('ustar\0', 257);
  block.write('00', 263);
  block.write(
    `${block
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  return block;
}
