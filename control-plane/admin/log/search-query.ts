// The filters of a search as they stand in an address, and as the audit room takes them. Imports zod and errors.

import * as z from 'zod';
import type { RecordFilter } from '../../audit/search/log-search.ts';
import { fail } from '../../errors.ts';
import { purposeKind, purposeReference } from './search-purpose.ts';

const MAX_DIGESTS = 8;
const DIGEST = '(?:hmac-sha256:[A-Za-z0-9_-]{43}|sha256:[0-9a-f]{64})';

const name = z.string().regex(/^[^\p{Cc}\p{Zl}\p{Zp}]{1,253}$/u, 'must be 1 to 253 characters on one line');
const time = z.iso.datetime({ offset: true, error: 'must be a time with its offset, such as 2026-11-25T08:00:00Z' });
const place = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** Each may be left out; all that is given must hold. */
const FILTERS = {
  from: time.meta({ description: "By the writer's clock; included." }),
  to: time.meta({ description: 'Not included.' }),
  kind: name.meta({ description: 'Kind of the record: `intent`, `outcome`, `refusal`, ...; several with commas.' }),
  action: name.meta({ description: 'What was done: `chat.completions`, `policy.apply`, ...' }),
  tenant: name,
  key: name.meta({ description: 'Identity of an API key.' }),
  person: name.meta({ description: 'Name of an account, or `local` for the command line of the machine.' }),
  process: name.meta({ description: 'A process of the product that did it by itself.' }),
  model: name.meta({ description: 'Of an outcome: that of its intent; so are class, policy, entity and outside.' }),
  class: name.meta({ description: 'Data class of the request.' }),
  policy: name.meta({ description: 'A policy that the effective one was composed of, or the composed name.' }),
  code: name.meta({ description: 'How it ended: `answered`, `done`, or an error code.' }),
  status: z.string().regex(/^\d{1,3}$/, 'must be a number of up to three digits'),
  entity: name.meta({ description: 'Entity type of which a value was found: `PERSON`, `FR_NIR`, ...' }),
  outside: name.meta({ description: 'Outside service that answered; `*` for any.' }),
  object: name.meta({ description: 'Kind of what was changed or read.' }),
  state: z.enum(['unreadable', 'gone']).meta({ description: 'Records that do not read, or whose row is gone.' }),
  receipt: z
    .string()
    .regex(/^imr_[0-9A-Za-z]{26}$/, 'must be imr_ and 26 characters')
    .meta({ description: 'A record, and those that name it as their intent.' }),
  digest: z
    .string()
    .regex(new RegExp(`^${DIGEST}(?:,${DIGEST}){0,${MAX_DIGESTS - 1}}$`), 'must be up to 8 keyed digests, with commas')
    .meta({ description: 'Keyed digests, one of which the record holds: of a text, a body, an answer.' }),
} as const;

export const searchQuery = z.strictObject({
  ...z.object(FILTERS).partial().shape,
  limit: z.coerce.number().int().min(1).max(500).default(100),
  before: place.optional().meta({ description: '`older` of a page: what is older than it.' }),
  after: place.optional().meta({ description: '`newer` of a page: what is newer than it.' }),
  purpose: purposeKind.optional().meta({ description: 'What the search is for; a session says it once.' }),
  reference: purposeReference.optional(),
});
export type SearchQuery = z.output<typeof searchQuery>;
export type FilterName = keyof typeof FILTERS;
export const FILTER_NAMES = Object.keys(FILTERS) as readonly FilterName[];

/** What was asked for, as it goes on the record. */
export function filtersOf(query: SearchQuery): Record<string, string> {
  return Object.fromEntries(
    FILTER_NAMES.flatMap((filter) => {
      const value = query[filter];
      return value === undefined ? [] : [[filter, value.slice(0, 253)]];
    }),
  );
}

export function toFilter(query: SearchQuery): RecordFilter {
  const {
    from,
    to,
    kind,
    receipt,
    digest,
    limit: _limit,
    before,
    after,
    purpose: _,
    reference: _reference,
    ...names
  } = query;
  if (before !== undefined && after !== undefined) {
    throw fail('invalid_field', {
      param: 'after',
      detail: 'after and before lead in opposite directions.',
      remedy: 'Give one of them.',
    });
  }
  return {
    ...names,
    kind: kind?.split(','),
    receipt,
    from: from === undefined ? undefined : new Date(from),
    to: to === undefined ? undefined : new Date(to),
    digests: digest?.split(','),
  };
}
