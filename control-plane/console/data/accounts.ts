// Accounts, for whoever runs the platform, and the tokens of one's own.

import { queryOptions } from '@tanstack/react-query';
import type { PresentedAccount, PresentedToken } from '../../admin/identity/account-routes.ts';
import type { Role } from '../../admin/identity/roles.ts';
import { change, get } from './api.ts';

export type { PresentedAccount, PresentedToken, Role };

export const CONSOLE_ROLES = ['admin', 'officer', 'auditor', 'developer', 'viewer'] as const satisfies readonly Role[];
/** Those that see one tenant and no other. */
export const ROLES_OF_A_TENANT: ReadonlySet<Role> = new Set(['developer', 'viewer']);

export const accountsQuery = queryOptions({
  queryKey: ['accounts'],
  queryFn: async ({ signal }) =>
    (await get<{ readonly accounts: readonly PresentedAccount[] }>('/api/v1/accounts', signal)).accounts,
});

export interface AccountChange {
  readonly role?: Role;
  readonly tenant?: string | null;
  readonly disabled?: boolean;
}

interface FirstPassword {
  readonly password: string;
}

export function createAccount(wanted: { name: string; role: Role; tenant?: string }): Promise<FirstPassword> {
  return change('POST', '/api/v1/accounts', wanted);
}

export function changeAccount(name: string, wanted: AccountChange): Promise<PresentedAccount> {
  return change('PUT', `/api/v1/accounts/${encodeURIComponent(name)}`, wanted);
}

export function resetPassword(name: string): Promise<FirstPassword> {
  return change('POST', `/api/v1/accounts/${encodeURIComponent(name)}/password`);
}

export function removeAccount(name: string): Promise<unknown> {
  return change('DELETE', `/api/v1/accounts/${encodeURIComponent(name)}`);
}

export const tokensQuery = queryOptions({
  queryKey: ['accounts', 'tokens'],
  queryFn: async ({ signal }) =>
    (await get<{ readonly tokens: readonly PresentedToken[] }>('/api/v1/tokens', signal)).tokens,
});

export function createToken(name: string, days: number): Promise<PresentedToken & { readonly token: string }> {
  return change('POST', '/api/v1/tokens', { name, days });
}

export function revokeToken(id: string): Promise<unknown> {
  return change('DELETE', `/api/v1/tokens/${encodeURIComponent(id)}`);
}
