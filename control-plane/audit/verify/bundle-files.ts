// The files of an exported log, as the verifier sees them: an interface, and a folder on a disk behind it. Folders and
// whatever is neither file nor folder are listed too, as the set of files is closed.
// May import: errors.ts.

import type { Dirent } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fail } from '../../errors.ts';

export interface BundleItem {
  /** Path inside the bundle, with `/`. */
  readonly name: string;
  /** `folder` only for one without anything in it; `other` is a link, a socket and the like. */
  readonly kind: 'file' | 'folder' | 'other';
}

export interface BundleFiles {
  list(): AsyncIterable<BundleItem>;
  /** The whole file, or undefined when it is not there, cannot be read, or is longer than `maxBytes`. */
  read(name: string, maxBytes: number): Promise<Uint8Array | undefined>;
}

export function folderFiles(root: string): BundleFiles {
  return { list: () => listFolder(root, ''), read: (name, maxBytes) => readWhole(join(root, name), maxBytes) };
}

/** Files held in memory: tests, and bundles that come from elsewhere. */
export function memoryFiles(files: ReadonlyMap<string, Uint8Array>): BundleFiles {
  return {
    async *list() {
      for (const name of files.keys()) yield { name, kind: 'file' };
    },
    async read(name, maxBytes) {
      const bytes = files.get(name);
      return bytes !== undefined && bytes.length <= maxBytes ? bytes : undefined;
    },
  };
}

async function* listFolder(root: string, folder: string): AsyncGenerator<BundleItem> {
  const items = await readFolder(join(root, folder), folder === '');
  if (items === undefined) return yield { name: folder, kind: 'other' };
  if (items.length === 0 && folder !== '') yield { name: folder, kind: 'folder' };
  for (const item of items) {
    const name = folder === '' ? item.name : `${folder}/${item.name}`;
    if (item.isDirectory()) yield* listFolder(root, name);
    else yield { name, kind: item.isFile() ? 'file' : 'other' };
  }
}

async function readFolder(path: string, isRoot: boolean): Promise<Dirent[] | undefined> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (cause) {
    if (!isRoot) return undefined;
    throw fail('invalid_field', {
      param: 'DIR',
      detail: `The folder cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown reason'}).`,
      remedy: 'Name the folder that `audit export --out` wrote.',
      cause,
    });
  }
}

async function readWhole(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    if (size > maxBytes) return undefined;
    const bytes = Buffer.alloc(size);
    const { bytesRead } = await file.read(bytes, 0, size, 0);
    return bytesRead === size ? bytes : undefined;
  } catch {
    return undefined;
  }
}
