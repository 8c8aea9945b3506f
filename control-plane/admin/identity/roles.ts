// Who may do what: one table, role by action, asked at one place (`http/mount-routes.ts` for the API, the pages for
// themselves). A route names its action; an action without a row does not compile. Imports errors only.

import { fail } from '../../errors.ts';

export const ROLES = ['admin'] as const;
export type Role = (typeof ROLES)[number];

/** Each action, and the roles that may do it. */
export const PERMISSIONS = {
  'console.open': ['admin'],
  'model.read': ['admin'],
  'resource.read': ['admin'],
  'resource.apply': ['admin'],
  'resource.delete': ['admin'],
  'resource.plan': ['admin'],
  'key.create': ['admin'],
  'key.read': ['admin'],
  'key.revoke': ['admin'],
  'log.read': ['admin'],
  'log.match': ['admin'],
  'log.export': ['admin'],
  'redaction.preview': ['admin'],
} as const satisfies Record<string, readonly Role[]>;

export type Action = keyof typeof PERMISSIONS;

/** Someone known: an account of the console, or a process on this machine that can read the data folder. */
export interface Principal {
  readonly kind: 'account' | 'cli';
  readonly name: string;
  readonly role: Role;
}

export function actionsOf(role: Role): Action[] {
  return (Object.keys(PERMISSIONS) as Action[]).filter((action) => mayDo(role, action));
}

function mayDo(role: Role, action: Action): boolean {
  const allowed: readonly Role[] = PERMISSIONS[action];
  return allowed.includes(role);
}

export function isRole(value: string): value is Role {
  return (ROLES as readonly string[]).includes(value);
}

/** Passes whoever may do the action; @throws AppError `not_signed_in` or `forbidden`. */
export function authorise(principal: Principal | undefined, action: Action): Principal {
  if (principal === undefined) {
    throw fail('not_signed_in', {
      detail: 'This needs someone who is signed in.',
      remedy: 'Sign in at /sign-in, or send the bearer token of the data folder.',
    });
  }
  if (!mayDo(principal.role, action)) {
    throw fail('forbidden', { detail: `The role ${principal.role} does not allow ${action}.` });
  }
  return principal;
}
