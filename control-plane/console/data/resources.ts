// Resources by kind and name, their revisions, and what changes when one is applied.

import { queryOptions } from '@tanstack/react-query';
import type { Kind, ResourceByKind } from '../../../operator/api/resource.ts';
import type { PresentedRevision } from '../../admin/resources/routes.ts';
import { change, get } from './api.ts';

const TOPICS = { Model: 'models', PrivacyPolicy: 'policies', Tenant: 'tenants' } as const satisfies Record<
  Kind,
  string
>;

export interface ResourceAddress {
  readonly namespace?: string | undefined;
  readonly name: string;
}

export function resourceQuery<K extends Kind>(kind: K, at: ResourceAddress) {
  return queryOptions({
    queryKey: [TOPICS[kind], at.namespace ?? '', at.name],
    queryFn: ({ signal }) => get<ResourceByKind[K]>(pathOf(kind, at), signal),
  });
}

export function resourcesQuery<K extends Kind>(kind: K) {
  return queryOptions({
    queryKey: [TOPICS[kind], 'all'],
    queryFn: async ({ signal }) =>
      (await get<{ readonly items: readonly ResourceByKind[K][] }>(`/api/v1/resources/${kind}`, signal)).items,
  });
}

export function revisionsQuery(kind: Kind, at: ResourceAddress) {
  return queryOptions({
    queryKey: [TOPICS[kind], at.namespace ?? '', at.name, 'revisions'],
    queryFn: async ({ signal }) =>
      (await get<{ readonly revisions: readonly PresentedRevision[] }>(`${pathOf(kind, at)}/revisions`, signal))
        .revisions,
  });
}

/** Creates the resource or makes it what is given; with a resourceVersion only if nobody changed it meanwhile. */
export function applyResource<K extends Kind>(kind: K, resource: ResourceByKind[K]): Promise<ResourceByKind[K]> {
  const { namespace, name } = resource.metadata;
  const { status: _status, ...sent } = resource as ResourceByKind[K] & { readonly status?: unknown };
  return change('PUT', pathOf(kind, { namespace, name }), sent);
}

export function deleteResource(kind: Kind, at: ResourceAddress): Promise<unknown> {
  return change('DELETE', pathOf(kind, at));
}

function pathOf(kind: Kind, { namespace, name }: ResourceAddress): string {
  const tail = namespace === undefined ? name : `${namespace}/${name}`;
  return `/api/v1/resources/${kind}/${tail.split('/').map(encodeURIComponent).join('/')}`;
}
