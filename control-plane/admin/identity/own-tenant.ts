// For whom somebody acts: an account of a tenant for that one and no other, everyone else for the one that they name.
// Imports errors.

import { fail } from '../../errors.ts';

/** @throws AppError `not_found`, which tells nothing of another tenant. */
export function ownTenant(own: string | undefined, wanted: string | undefined): string {
  if (own === undefined || wanted === undefined || own === wanted) return own ?? wanted ?? 'default';
  throw fail('not_found', {
    param: 'tenant',
    detail: 'There is no tenant of this name for this account.',
    remedy: 'Leave the tenant out: the account has one.',
  });
}
