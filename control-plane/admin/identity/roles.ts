// Who may do what: one table, role by action, asked at one place (`http/mount-routes.ts` for the API, the pages for
// themselves). A route names its action; an action without a row does not compile. Imports errors only.

import { fail } from '../../errors.ts';

export const ROLES = ['admin', 'officer', 'auditor', 'developer', 'viewer'] as const;
export type Role = (typeof ROLES)[number];

const EVERYONE = ROLES;

/**
 * Each action, and the roles that may do it. The admin runs the platform and decides nothing about data; the officer
 * decides about data and runs nothing; the auditor changes nothing; developers and viewers see one tenant.
 */
export const PERMISSIONS = {
  'console.open': EVERYONE,
  'password.change': EVERYONE,
  'token.own': EVERYONE,
  'model.read': EVERYONE,
  'model.apply': ['admin'],
  'model.delete': ['admin'],
  'model.log.read': ['admin', 'officer', 'developer'],
  'node.read': EVERYONE,
  'usage.read': EVERYONE,
  'system.read': ['admin', 'officer', 'auditor'],
  'policy.read': EVERYONE,
  'policy.apply': ['officer'],
  'policy.delete': ['officer'],
  'proposal.read': ['admin', 'officer', 'auditor'],
  'proposal.create': ['admin', 'officer'],
  'proposal.approve': ['officer'],
  'proposal.reject': ['officer'],
  'proposal.withdraw': ['admin', 'officer'],
  'tenant.read': EVERYONE,
  'tenant.apply': ['admin', 'officer'],
  'tenant.delete': ['admin'],
  'resource.plan': ['admin', 'officer', 'developer'],
  'key.create': ['admin', 'developer'],
  'key.read': ['admin', 'officer', 'developer'],
  'key.revoke': ['admin', 'officer', 'developer'],
  'account.read': ['admin', 'officer', 'auditor'],
  'account.change': ['admin'],
  'log.read': ['admin', 'officer', 'auditor'],
  'log.search': ['admin', 'officer', 'auditor'],
  'log.match': ['officer', 'auditor'],
  'log.reindex': ['admin'],
  'log.export': ['admin', 'officer', 'auditor'],
  'secret.read': ['admin', 'officer', 'auditor'],
  'secret.rotate': ['admin'],
  'redaction.preview': ['admin', 'officer', 'developer'],
  'playground.ask': ['admin', 'officer', 'developer'],
} as const satisfies Record<string, readonly Role[]>;

export type Action = keyof typeof PERMISSIONS;

/** Roles that work for one tenant and see nothing of another. */
export const TENANT_ROLES: ReadonlySet<Role> = new Set(['developer', 'viewer']);

/**
 * Someone known: an account, or a process that can read the data folder (`local`). The latter holds every key of the
 * product already, so that refusing it an action would only pretend; what it does is recorded as done by `cli`.
 */
export interface Principal {
  readonly kind: 'account' | 'cli';
  readonly name: string;
  readonly role: Role | 'local';
  /** The one tenant that it may see and act for; undefined: every tenant. */
  readonly tenant: string | undefined;
  /** A browser sends a session by itself, also when another site asks it to; a bearer is sent on purpose. */
  readonly by: 'session' | 'bearer';
  /** Signed in with a first password: it may do nothing but choose its own. */
  readonly mustChangePassword: boolean;
}

export const LOCAL_PRINCIPAL: Principal = {
  kind: 'cli',
  name: 'local',
  role: 'local',
  tenant: undefined,
  by: 'bearer',
  mustChangePassword: false,
};

export function actionsOf(role: Principal['role']): Action[] {
  return (Object.keys(PERMISSIONS) as Action[]).filter((action) => mayDo(role, action));
}

function mayDo(role: Principal['role'], action: Action): boolean {
  const allowed: readonly string[] = PERMISSIONS[action];
  return role === 'local' || allowed.includes(role);
}

export function isRole(value: string): value is Role {
  return (ROLES as readonly string[]).includes(value);
}

/** Passes whoever may do the action; @throws AppError `not_signed_in`, `password_change_required` or `forbidden`. */
export function authorise(principal: Principal | undefined, action: Action): Principal {
  if (principal === undefined) {
    throw fail('not_signed_in', {
      detail: 'This needs someone who is signed in.',
      remedy: 'Sign in at /sign-in, or send a bearer token: "intramuros login" gets one.',
    });
  }
  if (principal.mustChangePassword && action !== 'password.change') {
    throw fail('password_change_required', {
      detail: 'The first password of an account opens nothing but the choice of the next one.',
      remedy: 'Choose a password at /password.',
    });
  }
  if (!mayDo(principal.role, action)) {
    throw fail('forbidden', { detail: `The role ${principal.role} does not allow ${action}.` });
  }
  return principal;
}
