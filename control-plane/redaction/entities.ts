// The words of redaction: what kinds of personal data there are and what a finding looks like.
// Everything under redaction/ is pure (no files, network, clock or log) and imports nothing of ours from outside this room,
// so that the same text always gives the same findings, here, in the command line and in the tests.

/** Entity types, as they stand in policies, records and surrogates. SURROGATE is input that already looks like a surrogate. */
export const ENTITY_TYPES = [
  'PERSON',
  'LOCATION',
  'ORGANIZATION',
  'ADDRESS',
  'DATE_OF_BIRTH',
  'EMAIL',
  'PHONE',
  'IBAN',
  'CARD',
  'IP',
  'URL',
  'SECRET',
  'PLATE',
  'FR_NIR',
  'FR_SIREN',
  'FR_SIRET',
  'FR_VAT',
  'FR_TAX',
  'FR_RPPS',
  'SURROGATE',
] as const;

export type EntityType = (typeof ENTITY_TYPES)[number];

/** A finding. `start` and `end` are UTF-16 offsets in the text as it was given, whatever was folded to find it. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly type: EntityType;
  /** 0..1: how sure the recogniser is. A checksum that holds raises it; one that fails lowers it without hiding the value. */
  readonly score: number;
  /** Name of the recogniser that found it. */
  readonly recogniser: string;
  /** What a policy may keep beside the surrogate: the gender of a PERSON (`F`, `M`), the year of a DATE_OF_BIRTH. */
  readonly hint?: string;
}

/** Findings below this score are not reported: shapes that ordinary numbers and words also have. */
export const MIN_SCORE = 0.5;
