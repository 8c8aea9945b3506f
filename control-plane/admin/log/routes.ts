// The evidence bundle over HTTP: JSON lines, one file of the bundle each, then a last line that says that it is whole; or
// an archive that a browser keeps, whose manifest says the same.
// Imports http/ only.

import * as z from 'zod';
import { defineRoute, type Route } from '../http/route.ts';
import { tarOf } from './tar.ts';

export interface BundleFile {
  /** Path inside the bundle, with `/`. */
  readonly name: string;
  readonly data: Uint8Array;
}

/** What the audit room packs for us: waits until every acknowledged record is integrated, then yields the files. */
export interface BundleSource {
  files(signal: AbortSignal): AsyncIterable<BundleFile>;
}

/** A line of the stream. Without the last kind the stream was cut and must be thrown away. */
export const bundleLine = z.union([
  z.object({ name: z.string(), data: z.base64() }),
  z.object({ complete: z.literal(true), files: z.int() }),
]);

export function logRoutes(bundle: BundleSource): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/log/bundle',
      summary: 'The evidence bundle: checkpoint, tiles, entries, manifest',
      action: 'log.export',
      query: z.strictObject({
        format: z
          .enum(['jsonl', 'tar'], { error: 'must be jsonl or tar' })
          .default('jsonl')
          .meta({ description: '`tar`: an archive with the folder `evidence`, for "audit verify".' }),
      }),
      answer: {
        description: 'JSON lines `{"name","data"}` with base64 data, then `{"complete":true,"files":N}`.',
        schema: bundleLine,
        contentType: 'application/jsonl',
      },
      record: { kind: 'read', facts: () => ({ object: { kind: 'Bundle' } }) },
      handle: async ({ query: { format }, signal }) => {
        const files = bundle.files(signal);
        if (format === 'jsonl') return { stream: toLines(files), contentType: 'application/jsonl' };
        return { stream: tarOf('evidence', files), contentType: 'application/x-tar', fileName: 'evidence.tar' };
      },
    }),
  ];
}

async function* toLines(files: AsyncIterable<BundleFile>): AsyncGenerator<string> {
  let count = 0;
  for await (const { name, data } of files) {
    count += 1;
    yield `${JSON.stringify({ name, data: Buffer.from(data).toString('base64') })}\n`;
  }
  yield `${JSON.stringify({ complete: true, files: count })}\n`;
}
