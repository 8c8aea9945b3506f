// How results and errors look on a terminal. Imports errors and command.ts.

import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { stringify } from 'yaml';
import { AppError } from '../errors.ts';
import { type OutputFormat, UsageError } from './command.ts';

/** The reader of our output has gone (`| head`): there is nobody left to tell. */
export class OutputClosed extends Error {
  constructor(options?: ErrorOptions) {
    super('the output was closed', options);
    this.name = 'OutputClosed';
  }
}

/** Resolves when the stream can take more. @throws OutputClosed */
export async function write(stream: Writable, text: string | Uint8Array): Promise<void> {
  if (stream.destroyed) throw new OutputClosed();
  if (stream.write(text)) return;
  try {
    await once(stream, 'drain');
  } catch (cause) {
    throw new OutputClosed({ cause });
  }
}

export function formatData(data: unknown, format: Exclude<OutputFormat, 'text'>): string {
  return format === 'json' ? `${JSON.stringify(data, null, 2)}\n` : stringify(data, { lineWidth: 0 });
}

export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows];
  const widths = header.map((_title, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

/** `intramuros: FIELD: what is wrong. What to do.` */
export function formatError(error: unknown): string {
  if (error instanceof UsageError) return `intramuros: ${error.param} ${error.message}.\n`;
  if (!(error instanceof AppError)) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return `intramuros: unexpected failure.\n${message}\n`;
  }
  const problems = problemsOf(error);
  if (problems.length > 0) {
    return problems
      .map(({ field, message, remedy }) => `intramuros: ${place(field, message)}${message}; ${remedy}.\n`)
      .join('');
  }
  const param = error.param === undefined || error.detail.startsWith(error.param) ? '' : `${error.param}: `;
  const remedy = error.remedy === undefined ? '' : ` ${error.remedy}`;
  return `intramuros: ${param}${error.detail}${remedy}\n`;
}

/** `FILE: FIELD: `, without the field where the sentence begins with it. */
function place(field: string, message: string): string {
  const cut = field.lastIndexOf(': ') + 2;
  const [file, name] = cut === 1 ? ['', field] : [field.slice(0, cut), field.slice(cut)];
  return name !== '' && message.startsWith(`${name} `) ? file : `${field}: `;
}

interface FieldProblem {
  readonly field: string;
  readonly message: string;
  readonly remedy: string;
}

/** Every problem of an invalid resource, where the error carries them. */
function problemsOf(error: AppError): readonly FieldProblem[] {
  const { cause } = error;
  const list = Array.isArray(cause) ? cause : (cause as { problems?: unknown } | undefined)?.problems;
  return error.code === 'invalid_resource' && Array.isArray(list) ? (list as FieldProblem[]) : [];
}
