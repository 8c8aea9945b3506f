// Who may do what: one table, role by action, asked at one place (`http/mount-routes.ts` for the API, the pages for
// themselves). A route names its action; an action without a row does not compile. Imports errors only.

import { fail } from '../../errors.ts';

export const ROLES = ['admin', 'officer', 'auditor', 'developer', 'viewer'] as const;
export type Role = (typeof ROLES)[number];

const EVERYONE = ROLES;

/** Each action, and the roles that may do it. */
export const PERMISSIONS = {
  'console.open': EVERYONE,
  'model.read': EVERYONE,
  'model.log.read': ['admin', 'officer', 'developer'],
  'node.read': EVERYONE,
  'resource.read': EVERYONE,
  'resource.apply': ['admin', 'officer'],
  'resource.delete': ['admin', 'officer'],
  'resource.plan': ['admin', 'officer', 'developer'],
  'key.create': ['admin'],
  'key.read': ['admin', 'officer'],
  'key.revoke': ['admin', 'officer'],
  'log.read': ['admin', 'officer', 'auditor'],
  'log.match': ['admin', 'officer', 'auditor'],
  'log.export': ['admin', 'officer', 'auditor'],
  'redaction.preview': ['admin', 'officer', 'developer'],
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
