// What a Tenant says, ready to be asked at every request: whose models its keys see, what holds for all they send, how
// much of it there may be. Pure; the gateway and the admin listener ask the same.
// Imports the contract's types and data classes.

import type { Tenant } from '../../operator/api/v1alpha1/tenant.ts';
import type { DataClass } from './data-class.ts';

export interface Limits {
  readonly requestsPerMinute: number | undefined;
  readonly tokensPerMinute: number | undefined;
}

export interface TenantFacts extends Limits {
  readonly name: string;
  /** Where its models stand, in the order in which they are looked for. */
  readonly namespaces: readonly string[];
  /** Name of the policy that holds for all its requests, beside that of the model. */
  readonly policy: string | undefined;
  /** The only models that it may ask for; undefined: all of its namespaces. */
  readonly models: ReadonlySet<string> | undefined;
  readonly leastClass: DataClass;
}

export function tenantFacts({ metadata: { name }, spec }: Pick<Tenant, 'metadata' | 'spec'>): TenantFacts {
  const { entitlements } = spec;
  return {
    name,
    namespaces: spec.namespaces ?? [name],
    policy: spec.policy,
    requestsPerMinute: spec.requestsPerMinute,
    tokensPerMinute: spec.tokensPerMinute,
    models: entitlements?.models === undefined ? undefined : new Set(entitlements.models),
    leastClass: entitlements?.leastClass ?? 'internal',
  };
}

/** The tenant of keys that name none: it is there without a resource, and one of this name says more about it. */
export const BUILT_IN_TENANT: TenantFacts = tenantFacts({
  metadata: { name: 'default' },
  spec: { policyApproval: 'none' },
});

/** Every tenant by name, as the resources of this moment say. */
export function tenantsByName(tenants: readonly Tenant[]): ReadonlyMap<string, TenantFacts> {
  return new Map([
    [BUILT_IN_TENANT.name, BUILT_IN_TENANT],
    ...tenants.map((tenant) => [tenant.metadata.name, tenantFacts(tenant)] as const),
  ]);
}

/** Whether a list of models has this one: MODEL stands for its adapters too, MODEL:ADAPTER for itself alone. */
export function namesModel(models: ReadonlySet<string>, name: string): boolean {
  return models.has(name) || models.has(name.split(':', 1)[0] ?? '');
}
