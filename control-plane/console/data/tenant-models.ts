// Whose models are whose: each tenant sees those of its namespaces, and whoever belongs to none of them chooses for which
// one to look. The tenant `default` is there without a resource of its name.

import type { Tenant } from '../../../operator/api/v1alpha1/tenant.ts';

export interface TenantModels {
  readonly name: string;
  readonly namespaces: readonly string[];
}

const BUILT_IN: TenantModels = { name: 'default', namespaces: ['default'] };

/** By name, `default` first. */
export function tenantModelsOf(tenants: readonly Pick<Tenant, 'metadata' | 'spec'>[]): readonly TenantModels[] {
  const known = tenants.map(({ metadata: { name }, spec }) => ({ name, namespaces: spec.namespaces ?? [name] }));
  const others = known.filter(({ name }) => name !== BUILT_IN.name).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return [known.find(({ name }) => name === BUILT_IN.name) ?? BUILT_IN, ...others];
}

/** The one that is asked for; else the first that sees the namespace; else the first. */
export function chosenTenant(
  tenants: readonly TenantModels[],
  { tenant, namespace }: { readonly tenant: string | undefined; readonly namespace: string | undefined },
): TenantModels {
  const sees = ({ namespaces }: TenantModels) => namespace !== undefined && namespaces.includes(namespace);
  return tenants.find(({ name }) => name === tenant) ?? tenants.find(sees) ?? tenants[0] ?? BUILT_IN;
}
