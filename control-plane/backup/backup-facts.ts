// What a backup says of itself, `backup.json`: what it holds, when and from what it was taken, which keys belong to it.
// A backup is a closed folder: `backup.json`, `database/<table>.copy.gz`, `models/<sha256>`, and `manifest`, a signed
// note over name, size and SHA-256 of all the others. Its keys are not in it. May import errors.ts and audit/format.

import * as z from 'zod';
import { fail } from '../errors.ts';

export const BACKUP_FORMAT = 1;
export const FACTS_FILE = 'backup.json';
export const MANIFEST_FILE = 'manifest';
/** First line of the manifest: the log's key signs it, and must not be read as speaking of anything else. */
export const BACKUP_HEADER = 'intramuros.dev/backup-manifest@v1';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** Below the models folder, with `/`. */
const modelPath = z.string().refine((path) => {
  const parts = path.split('/');
  return !parts.some((part) => part === '' || part === '.' || part === '..') && !/[\0\\]/.test(path);
});

const factsSchema = z.object({
  backup: z.literal(BACKUP_FORMAT),
  /** Version of the program that took it. */
  product: z.string(),
  /** Major version of the server it came from; it may be restored on another one. */
  postgres: z.int(),
  /** RFC 3339. */
  takenAt: z.iso.datetime(),
  log: z.strictObject({
    verifierKey: z.string(),
    /** Of the last checkpoint in it. */
    size: z.int().min(0),
    root: z.string().regex(/^sha256:[0-9a-f]{64}$/),
    checkpoint: z.string(),
  }),
  migrations: z.array(z.strictObject({ name: z.string(), checksum: sha256 })),
  tables: z.array(
    z.strictObject({
      name: z.string(),
      columns: z.array(z.string()).min(1),
      rows: z.int().min(0),
      /** Absent where the rows are left out on purpose. */
      file: z.string().optional(),
    }),
  ),
  sequences: z.array(z.strictObject({ name: z.string(), value: z.string().regex(/^\d+$/) })),
  /** The keys without which it is not whole, by their public labels. */
  keys: z.array(z.strictObject({ name: z.string(), id: z.string(), version: z.int().min(1) })),
  models: z.strictObject({
    included: z.boolean(),
    files: z.array(z.strictObject({ path: modelPath, size: z.int().min(0), sha256 })),
  }),
});

export type BackupFacts = z.infer<typeof factsSchema>;

export function formatFacts(facts: BackupFacts): Uint8Array {
  return Buffer.from(`${JSON.stringify(facts, null, 2)}\n`);
}

/** Throws `backup_unusable` for facts of a newer format or that are none. */
export function parseFacts(bytes: Uint8Array): BackupFacts {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw badFile(FACTS_FILE, 'it is not JSON', cause);
  }
  const { backup, product } = (value ?? {}) as { backup?: unknown; product?: unknown };
  if (typeof backup === 'number' && backup > BACKUP_FORMAT) {
    throw fail('backup_unusable', {
      param: 'DIR',
      detail: `The backup has format ${backup}, taken by Intramuros ${String(product).slice(0, 40)}; this version knows formats up to ${BACKUP_FORMAT}.`,
      remedy: 'Restore it with the version that took it, or a later one.',
    });
  }
  const parsed = factsSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw badFile(
    FACTS_FILE,
    `the field ${parsed.error.issues[0]?.path.join('.') ?? ''} has a wrong value`,
    parsed.error,
  );
}

/** The first bad file of a backup. */
export function badFile(name: string, what: string, cause?: unknown) {
  return fail('backup_unusable', {
    param: 'DIR',
    detail: `First bad file: ${name}: ${what}.`,
    remedy: 'Nothing was restored. Use another copy of this backup, or another backup.',
    cause,
  });
}

/** Names in the manifest are lower-case letters, digits, dots, dashes and slashes. */
export function tableFile(table: string): string {
  return `database/${table.replaceAll('_', '-')}.copy.gz`;
}

export function modelFile(digest: string): string {
  return `models/${digest}`;
}
