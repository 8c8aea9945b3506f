// Writes the evidence bundle into a new folder: to a neighbour first, moved into place when it is whole, so that a
// folder which exists is a complete one.

import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { bundleLine } from '../admin/log/routes.ts';
import { fail } from '../errors.ts';
import type { Command } from './command.ts';
import { write } from './print.ts';
import { refuseOccupied } from './refuse-occupied.ts';

/** Names as the bundle has them: no absolute path, no way up. */
const FILE_NAME = /^(?!\.)[\w.-]+(?:\/(?!\.{1,2}(?:\/|$))[\w.-]+)*$/;

export const auditExportCommand: Command = {
  name: 'audit export',
  usage: '--out DIR',
  summary: 'Write the evidence bundle into a new folder',
  details: 'Waits until every acknowledged record is integrated. DIR must not exist, or be empty.',
  positionals: { min: 0, max: 0 },
  options: { out: { type: 'string', value: 'DIR', help: 'Folder to make.', required: true } },
  async run({ io, values, product }) {
    const target = resolve(io.cwd, values.text('out') ?? '');
    await refuseOccupied(target, '--out', 'a bundle is a closed set of files');
    const lines = await (await product()).stream('/api/v1/log/bundle', io.signal);
    const draft = await makeNeighbour(target).catch(refuseUnwritable);
    try {
      const { files, bytes } = await writeBundle(draft, lines);
      await rmdir(target).catch(() => {});
      await rename(draft, target);
      await write(io.stdout, `${files} files, ${bytes} bytes: ${target}\n`);
    } catch (error) {
      await rm(draft, { recursive: true, force: true });
      return refuseUnwritable(error);
    }
    return 0;
  },
};

async function makeNeighbour(target: string): Promise<string> {
  await mkdir(dirname(target), { recursive: true });
  return mkdtemp(join(dirname(target), `.${basename(target)}-`));
}

/** A failure of the disk is about `--out`; any other is thrown on as it is. */
function refuseUnwritable(error: unknown): never {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall === undefined || code === undefined || !ON_DISK.has(code)) throw error;
  throw fail('invalid_field', {
    param: '--out',
    detail: `The folder cannot be written (${code}).`,
    remedy: 'Nothing was kept. Name a folder that you may write, on a disk with room.',
    cause: error,
  });
}

const ON_DISK = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'EIO', 'ENAMETOOLONG']);

async function writeBundle(folder: string, lines: AsyncIterable<Uint8Array>) {
  const seen = new Set<string>();
  let bytes = 0;
  let announced: number | undefined;
  const reader = createInterface({ input: Readable.from(lines), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of reader) {
    const entry = bundleLine.parse(JSON.parse(line));
    if ('complete' in entry) {
      announced = entry.files;
      continue;
    }
    const data = Buffer.from(entry.data, 'base64');
    await writeOne(folder, entry.name, data);
    seen.add(entry.name);
    bytes += data.length;
  }
  if (announced === seen.size) return { files: seen.size, bytes };
  throw fail('audit_unavailable', {
    detail: 'The bundle ended before it was whole.',
    remedy: 'Nothing was kept. The log of the product says why; try again.',
  });
}

async function writeOne(folder: string, name: string, data: Uint8Array): Promise<void> {
  if (!FILE_NAME.test(name)) {
    throw fail('corrupt_record', { detail: `The bundle names a file that it must not (${digestOf(name)}).` });
  }
  const path = join(folder, ...name.split('/'));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, data, { flag: 'wx', flush: true });
}

function digestOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 12);
}
