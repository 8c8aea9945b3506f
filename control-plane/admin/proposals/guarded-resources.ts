// The one place where a direct write of a resource is held up because a second person must approve it: whoever writes
// through the listener (console, API, command line) comes through here. Imports operator/api and the rules beside it.

import { isDeepStrictEqual } from 'node:util';
import type { ResourceKey } from '../../../operator/api/metadata.ts';
import type { ApplyOptions, DeleteOptions } from '../../../operator/api/ports.ts';
import type { Kind, Resource } from '../../../operator/api/resource.ts';
import type { ResourcePort } from '../resources/routes.ts';
import { approvalRequired, askedBy, type TenantApprovals } from './second-person.ts';

/** The same store, whose `apply` and `delete` throw AppError `approval_required` where that is so. */
export function guardedResources(store: ResourcePort, tenants: TenantApprovals): ResourcePort {
  const refuseAlone = async (kind: Kind, name: string, before: Resource | undefined, wanted?: Resource) => {
    const asking = askedBy(kind, { before, wanted }, await tenants());
    if (asking.length > 0) throw approvalRequired(kind, name, asking);
  };
  return {
    list: (kind) => store.list(kind),
    get: (kind, key) => store.get(kind, key),
    revisions: (kind, key) => store.revisions(kind, key),
    async apply<R extends Resource>(resource: R, options?: ApplyOptions): Promise<R> {
      const { kind, metadata } = resource;
      const before = await store.get(kind, metadata);
      if (before !== undefined && isDeepStrictEqual(before.spec, resource.spec)) {
        // Changes nothing that would need somebody; and shall not either, should another write come between.
        const resourceVersion = metadata.resourceVersion ?? before.metadata.resourceVersion;
        return store.apply(
          { ...resource, metadata: { ...metadata, ...(resourceVersion && { resourceVersion }) } },
          options,
        );
      }
      await refuseAlone(kind, metadata.name, before, resource);
      return store.apply(resource, options);
    },
    async delete(kind: Kind, key: ResourceKey, options?: DeleteOptions) {
      await refuseAlone(kind, key.name, await store.get(kind, key));
      return store.delete(kind, key, options);
    },
  };
}
