// Who changes which field of a Tenant: whoever runs the platform gives it namespaces and limits, whoever decides about
// data gives it its floor, its entitlements and the need of a second person. Imports operator/api, errors and identity.

import { isDeepStrictEqual } from 'node:util';
import type { Resource } from '../../../operator/api/resource.ts';
import { TENANT_RULES, type TenantSpec, tenantSpecSchema } from '../../../operator/api/v1alpha1/tenant.ts';
import { fail } from '../../errors.ts';
import type { Principal } from '../identity/roles.ts';

const RULES: ReadonlySet<string> = new Set(TENANT_RULES);

/** Of two states of a Tenant, undefined where there is none: the fields that are not the same. */
export function changedFields(before: Resource | undefined, wanted: Resource | undefined): (keyof TenantSpec)[] {
  const [from, to] = [specOf(before), specOf(wanted)];
  const names = Object.keys(tenantSpecSchema.shape) as (keyof TenantSpec)[];
  return names.filter((name) => !isDeepStrictEqual(from[name], to[name]));
}

/** Whether the change touches what holds for the tenant's data. */
export function changesRules(before: Resource | undefined, wanted: Resource | undefined): boolean {
  return changedFields(before, wanted).some((name) => RULES.has(name));
}

/** @throws AppError `forbidden` that names the field and whose it is. */
export function requireOwnFields(
  role: Principal['role'],
  before: Resource | undefined,
  wanted: Resource | undefined,
): void {
  if (role === 'local' || (before ?? wanted)?.kind !== 'Tenant') return;
  if (role === 'officer' && before === undefined) {
    throw fail('forbidden', {
      param: 'metadata.name',
      detail: 'The role officer makes no Tenant, and decides what holds for those that there are.',
      remedy: 'Have an admin make it.',
    });
  }
  const foreign = changedFields(before, wanted).find((name) => RULES.has(name) !== (role === 'officer'));
  // Whoever may delete a Tenant deletes it as a whole.
  if (foreign === undefined || wanted === undefined) return;
  throw fail('forbidden', {
    param: `spec.${foreign}`,
    detail: `The role ${role} does not change spec.${foreign} of a Tenant.`,
    remedy: `Leave it as it is; ${role === 'officer' ? 'an admin' : 'an officer'} changes it.`,
  });
}

/** As if it were there and said nothing. */
function specOf(resource: Resource | undefined): TenantSpec {
  return (resource?.spec ?? tenantSpecSchema.parse({})) as TenantSpec;
}
