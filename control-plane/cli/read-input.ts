// Files that a command line names: text by path or `-`, and resources out of them. Imports operator/api and errors.

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Resource, validateResource } from '../../operator/api/resource.ts';
import { ResourceError } from '../../operator/api/resource-error.ts';
import { fail } from '../errors.ts';
import type { CliIo } from './command.ts';

/** A file of a few lines can ask for gigabytes through aliases of aliases. */
const MAX_ALIASES = 100;

/** Text of a file, or of standard input for `-`. @throws AppError naming the option that named the file. */
export async function readText(io: CliIo, path: string, param: string): Promise<string> {
  try {
    if (path === '-') return decode(await readAll(io.stdin));
    return decode(await readFile(resolve(io.cwd, path)));
  } catch (cause) {
    throw fail('invalid_field', {
      param,
      detail: describeFailure(path, cause),
      remedy: 'Name a readable file in UTF-8.',
      cause,
    });
  }
}

async function readAll(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}

function describeFailure(path: string, cause: unknown): string {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT') return `There is no file ${path}.`;
  if (code === 'EISDIR') return `${path} is a folder.`;
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return `${path} is not text in UTF-8.`;
  return `${path} cannot be read (${code ?? 'unknown reason'}).`;
}

/**
 * The resources of YAML or JSON files, all of them valid; `param` is the option that named the files.
 * @throws AppError `invalid_resource` with every problem.
 */
export async function readResources(
  io: CliIo,
  paths: readonly string[],
  param = '--file',
): Promise<readonly Resource[]> {
  const documents: { readonly path: string; readonly value: unknown }[] = [];
  for (const path of paths) {
    for (const value of await parseDocuments(path, await readText(io, path, param))) documents.push({ path, value });
  }
  if (documents.length === 0) {
    throw fail('invalid_field', {
      param,
      detail: 'The file holds no resource.',
      remedy: 'Write one in YAML or JSON.',
    });
  }
  const checked = documents.map(({ path, value }) => ({ path, validation: validateResource(value) }));
  const problems = checked.flatMap(({ path, validation }) => {
    if (validation.ok) return [];
    return validation.problems.map(({ field, ...rest }) => ({ ...rest, field: `${path}: ${field || 'resource'}` }));
  });
  if (problems.length > 0) {
    throw fail('invalid_resource', {
      detail: 'The resources are not valid.',
      cause: new ResourceError('invalid', 'The resources are not valid.', { problems }),
    });
  }
  return checked.flatMap(({ validation }) => (validation.ok ? [validation.resource] : []));
}

async function parseDocuments(path: string, text: string): Promise<unknown[]> {
  const { parseAllDocuments } = await import('yaml');
  const documents = parseAllDocuments(text);
  return [...documents].flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) {
      const at = error.linePos?.[0];
      throw fail('invalid_resource', {
        param: `${path}${at === undefined ? '' : `:${at.line}:${at.col}`}`,
        detail: `It is not valid YAML: ${error.message.split('\n')[0]?.replace(/ at line \d+.*$/, '') ?? error.code}.`,
        remedy: 'Check the indentation and the quotes there.',
      });
    }
    const value = resolveAliases(path, document);
    return value === null ? [] : [value];
  });
}

function resolveAliases(path: string, document: { toJS(options: { maxAliasCount: number }): unknown }): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (cause) {
    throw fail('invalid_resource', {
      param: path,
      detail: 'It holds aliases that lead nowhere or multiply beyond bounds.',
      remedy: 'Write the values out.',
      cause,
    });
  }
}
