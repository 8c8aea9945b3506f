// What tests do to the files of a backup.

import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

/** Every file of the backup, by name. */
export async function filesOf(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  return names
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}

/** Adds a row to a table, its manifest aside. */
export const appendRow = (file: string, line: string) => async (folder: string) => {
  const rows = gunzipSync(await readFile(join(folder, file))).toString();
  await writeFile(join(folder, file), gzipSync(`${rows}${line}\n`));
};

/** Of what COPY escapes (its text format) only these are in our rows; `\\N` stands for NULL. */
export function unescapeCopy(line: string): string {
  return line.replaceAll(/\\([\\n])/g, (_, letter: string) => (letter === 'n' ? '\n' : '\\'));
}
