// What somebody with a tenant sees of the resources: the Models of its namespaces and its own Tenant, and every policy.
// What belongs to another tenant is as if it were not there. Imports operator/api, policy and identity types.

import type { ObjectMeta } from '../../../operator/api/metadata.ts';
import type { ResourceStore } from '../../../operator/api/ports.ts';
import type { Kind, Resource } from '../../../operator/api/resource.ts';
import { tenantsByName } from '../../policy/tenant-facts.ts';
import type { Principal } from '../identity/roles.ts';

type Seen = (kind: Kind, metadata: Pick<ObjectMeta, 'namespace' | 'name'>) => boolean;

/** Asked once a request: the namespaces of a tenant are those of this moment. */
export async function seenBy(principal: Principal | undefined, store: Pick<ResourceStore, 'list'>): Promise<Seen> {
  const tenant = principal?.tenant;
  if (tenant === undefined) return () => true;
  const facts = tenantsByName((await store.list('Tenant')).items).get(tenant);
  const namespaces = new Set(facts?.namespaces);
  return (kind, { namespace = 'default', name }) => {
    if (kind === 'Model') return namespaces.has(namespace);
    return kind !== 'Tenant' || name === tenant;
  };
}

export function onlySeen<R extends Resource>(items: readonly R[], seen: Seen): R[] {
  return items.filter(({ kind, metadata }) => seen(kind, metadata));
}
