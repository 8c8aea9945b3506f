// What somebody searches the log for: asked once a session, before the first search, kept with the session and put on the
// record, and again with every search that it covers. A reference names a case, never a person. Imports zod and errors.

import * as z from 'zod';
import { fail } from '../../errors.ts';

export const PURPOSES = ['control', 'incident', 'request', 'authority', 'operation'] as const;

export const purposeKind = z.enum(PURPOSES).meta({
  description:
    'control: a planned check; incident: something happened; request: a person asks what is known of them; authority: a court or a supervisor asks; operation: something does not work.',
});
/** As a name of the record format: one line, no control characters. */
export const purposeReference = z
  .string()
  .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]{1,120}$/u, 'must be 1 to 120 characters on one line')
  .meta({ description: 'Number or name of the case; no names of persons, for it stays in the log.' });

export const searchPurpose = z.strictObject({ kind: purposeKind, reference: purposeReference.optional() });
export type SearchPurpose = Readonly<z.output<typeof searchPurpose>>;

/** What a session kept, read anew: a row of the database is not ours alone. */
export function readPurpose(kept: unknown): SearchPurpose | undefined {
  return searchPurpose.safeParse(kept).data;
}

/** @throws AppError `purpose_required`. */
export function requirePurpose(purpose: SearchPurpose | undefined): SearchPurpose {
  if (purpose !== undefined) return purpose;
  throw fail('purpose_required', {
    param: 'purpose',
    detail: 'The log is searched for a purpose, which goes on the record.',
    remedy: `Give purpose=${PURPOSES.join('|')} and, where there is one, reference=CASE; a session says it once at POST /api/v1/log/purpose.`,
  });
}
