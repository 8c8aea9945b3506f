// Accounts, their passwords and their tokens over HTTP. Imports the files beside it, http/ and events/.

import * as z from 'zod';
import { fail } from '../../errors.ts';
import type { ChangeFeed } from '../events/change-feed.ts';
import { type Call, defineRoute, type Route } from '../http/route.ts';
import type { AccessTokens, TokenRow } from './access-tokens.ts';
import type { AccountService } from './account-service.ts';
import { ACCOUNT_SOURCES, type Account } from './account-store.ts';
import { PASSWORD_MAX_LENGTH } from './password.ts';
import { ROLES } from './roles.ts';

const word = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/,
    'must be 1 to 63 small letters, digits, dots, dashes or underscores',
  );
const role = z.enum(ROLES, { error: `must be one of ${ROLES.join(', ')}` });
const password = z.string().min(1).max(PASSWORD_MAX_LENGTH);
const namePath = z.object({ name: z.string().min(1).max(200) });

const accountSchema = z.object({
  name: z.string(),
  role: z.enum(ROLES),
  tenant: z.string().nullable(),
  source: z.enum(ACCOUNT_SOURCES).meta({ description: 'Where its password is checked.' }),
  disabled: z.boolean(),
  mustChangePassword: z.boolean(),
  createdAt: z.iso.datetime(),
  lastSignInAt: z.iso.datetime().nullable(),
});
export type PresentedAccount = z.output<typeof accountSchema>;

const oncePassword = z.string().meta({ description: 'Shown this once; it must be changed at the first sign-in.' });
const tokenSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime().nullable(),
});
export type PresentedToken = z.output<typeof tokenSchema>;

const newToken = z.strictObject({
  name: z.string().regex(/^[\w .@-]{1,100}$/, 'must be 1 to 100 letters, digits, spaces or .@_-'),
  days: z.int().min(1).max(365).default(30).meta({ description: 'At most half a day for accounts of a directory.' }),
});
const madeToken = z.object({
  token: z.string().meta({ description: 'Keep it: it is stored nowhere.' }),
  ...tokenSchema.shape,
});

export interface AccountRouteDependencies {
  readonly accountService: AccountService;
  readonly accessTokens: AccessTokens;
  readonly changes: Pick<ChangeFeed, 'tell'>;
}

export function accountRoutes(dependencies: AccountRouteDependencies): Route[] {
  return [...adminRoutes(dependencies), ...ownRoutes(dependencies)];
}

const ofAccount = ({ params }: Call<{ name: string }, unknown, unknown>) => ({
  object: { kind: 'Account', name: params.name },
});

function adminRoutes({ accountService: service, changes }: AccountRouteDependencies): Route[] {
  const told = <T>(value: T): T => {
    changes.tell('accounts');
    return value;
  };
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/accounts',
      summary: 'The accounts, by name',
      action: 'account.read',
      answer: {
        description: 'Accounts without their secrets.',
        schema: z.object({ accounts: z.array(accountSchema) }),
      },
      handle: async () => ({ json: { accounts: (await service.list()).map(present) } }),
    }),
    defineRoute({
      method: 'post',
      path: '/api/v1/accounts',
      summary: 'Make a local account',
      action: 'account.change',
      answersSecret: true,
      body: z.strictObject({ name: word, role, tenant: word.optional() }),
      successStatus: 201,
      answer: {
        description: 'The account and its first password.',
        schema: z.object({ account: accountSchema, password: oncePassword }),
      },
      record: { kind: 'change', facts: ({ body }) => ({ object: { kind: 'Account', name: body.name } }) },
      handle: async ({ body }) => {
        const { account, password: first } = told(await service.create(body));
        return { status: 201, json: { account: present(account), password: first } };
      },
    }),
    defineRoute({
      method: 'put',
      path: '/api/v1/accounts/{name}',
      summary: 'Change role and tenant of a local account, or disable any; its sessions and tokens are over',
      action: 'account.change',
      params: namePath,
      body: z.strictObject({
        role: role.optional(),
        tenant: word.nullable().optional(),
        disabled: z.boolean().optional(),
      }),
      answer: { description: 'The account as it is now.', schema: accountSchema },
      record: { kind: 'change', facts: ofAccount },
      handle: async ({ params, body: { tenant, role: wanted, disabled } }) => {
        const account = await service.change(params.name, {
          ...(wanted === undefined ? {} : { role: wanted }),
          ...(tenant === undefined ? {} : { tenant: tenant ?? undefined }),
          ...(disabled === undefined ? {} : { disabled }),
        });
        return { json: present(told(account)) };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/api/v1/accounts/{name}/password',
      summary: 'Give a local account a new first password; its sessions and tokens are over',
      action: 'account.change',
      answersSecret: true,
      params: namePath,
      answer: { description: 'The password.', schema: z.object({ password: oncePassword }) },
      record: { kind: 'change', facts: ofAccount },
      handle: async ({ params }) => ({ json: { password: told(await service.resetPassword(params.name)) } }),
    }),
    defineRoute({
      method: 'delete',
      path: '/api/v1/accounts/{name}',
      summary: 'Remove an account with its tokens; the last local admin stays',
      action: 'account.change',
      params: namePath,
      successStatus: 204,
      answer: { description: 'Removed.' },
      record: { kind: 'change', facts: ofAccount },
      handle: async ({ params }) => {
        await service.remove(params.name);
        return { status: 204, json: told(null) };
      },
    }),
  ];
}

function ownRoutes({ accountService: service, accessTokens: tokens }: AccountRouteDependencies): Route[] {
  const own = (call: { readonly caller: string }) => ({ object: { kind: 'Account', name: call.caller } });
  return [
    defineRoute({
      method: 'post',
      path: '/api/v1/password',
      summary: 'Choose the password of the own account; every session and token of before is over',
      action: 'password.change',
      takesSecret: true,
      body: z.strictObject({ current: password, next: password }),
      successStatus: 204,
      answer: { description: 'Changed: sign in again.' },
      record: { kind: 'change', facts: own },
      handle: async (call) => {
        await service.choosePassword(accountOf(call), call.body);
        return { status: 204, json: null };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/api/v1/sign-in',
      summary: 'A bearer token for name and password, as "intramuros login" asks for it',
      action: 'public',
      body: z.strictObject({ username: z.string().min(1).max(200), password, ...newToken.shape }),
      successStatus: 201,
      answer: { description: 'The token.', schema: z.object({ account: z.string(), ...madeToken.shape }) },
      handle: async (call) => {
        const { name } = await call.checkPassword();
        const { token, row } = await tokens.create(name, call.body);
        return { status: 201, json: { account: name, token, ...presentToken(row) } };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/v1/tokens',
      summary: 'The own bearer tokens, newest first',
      action: 'token.own',
      answer: { description: 'Tokens without their secret.', schema: z.object({ tokens: z.array(tokenSchema) }) },
      handle: async (call) => ({ json: { tokens: (await tokens.list(accountOf(call))).map(presentToken) } }),
    }),
    defineRoute({
      method: 'post',
      path: '/api/v1/tokens',
      summary: 'Make a bearer token of the own account',
      action: 'token.own',
      answersSecret: true,
      body: newToken,
      successStatus: 201,
      answer: { description: 'The token, shown this once.', schema: madeToken },
      record: { kind: 'change', facts: own },
      handle: async (call) => {
        const { token, row } = await tokens.create(accountOf(call), call.body);
        return { status: 201, json: { token, ...presentToken(row) } };
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/api/v1/tokens/{id}',
      summary: 'Revoke a bearer token of the own account',
      action: 'token.own',
      params: z.object({ id: z.uuid() }),
      successStatus: 204,
      answer: { description: 'Revoked.' },
      record: { kind: 'change', facts: own },
      handle: async (call) => {
        await tokens.revoke(accountOf(call), call.params.id);
        return { status: 204, json: null };
      },
    }),
  ];
}

function accountOf({ principal, caller }: Pick<Call<unknown, unknown, unknown>, 'principal' | 'caller'>): string {
  if (principal?.kind === 'account') return caller;
  throw fail('conflict', {
    detail: 'Whoever reads the data folder has no account, and needs no password or token of its own.',
    remedy: 'Sign in as an account: "intramuros login".',
  });
}

function present({ name, role: held, tenant, source, disabled, mustChange, createdAt, lastSignInAt }: Account) {
  return {
    ...{ name, role: held, tenant: tenant ?? null, source, disabled, mustChangePassword: mustChange },
    createdAt: createdAt.toISOString(),
    lastSignInAt: lastSignInAt?.toISOString() ?? null,
  };
}

function presentToken({ id, name, createdAt, expiresAt, lastUsedAt }: TokenRow): PresentedToken {
  return {
    ...{ id, name, createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString() },
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
  };
}
