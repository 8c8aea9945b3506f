// The contract over HTTP: the same resources that kubectl would apply, kept by the ResourceStore. What is valid is the
// contract's business; here only the path is looked at. Imports operator/api, errors and http/.

import * as z from 'zod';
import type { ResourceKey } from '../../../operator/api/metadata.ts';
import type { ChangedBy, ResourceStore } from '../../../operator/api/ports.ts';
import {
  findKind,
  KIND_NAMES,
  KINDS,
  type Kind,
  type Resource,
  validateResource,
} from '../../../operator/api/resource.ts';
import { ResourceError } from '../../../operator/api/resource-error.ts';
import { fail } from '../../errors.ts';
import { type Call, defineRoute, type Route } from '../http/route.ts';
import type { Principal } from '../identity/roles.ts';
import type { StatusReader } from '../policies/policies-in-force.ts';
import { BUILT_IN_RESOURCE, isBuiltIn, undeletable } from './built-in-policy.ts';
import { onlySeen, seenBy } from './own-resources.ts';
import { byKind } from './resource-actions.ts';
import { requireOwnFields } from './tenant-fields.ts';

const kindPath = z.object({
  kind: z
    .string()
    .max(64)
    .meta({ description: `One of ${KIND_NAMES.join(', ')}.` }),
});
const clusterPath = kindPath.extend({ name: z.string().max(253) });
const namespacedPath = kindPath.extend({ namespace: z.string().max(63), name: z.string().max(253) });
type Path = { kind: string; namespace?: string | undefined; name: string };

const resourceSchema = z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata: z.looseObject({}) });
const applyQuery = z.strictObject({ dryRun: z.enum(['true', 'false']).default('false') });
const deleteQuery = z.strictObject({ resourceVersion: z.string().max(64).optional() });

/** What a resource asked for from a moment on. */
export interface Revision {
  readonly generation: number;
  readonly appliedAt: Date;
  readonly spec: unknown;
  /** Who asked for it; absent where nobody is known. */
  readonly by?: ChangedBy;
}

export interface ResourcePort extends Pick<ResourceStore, 'list' | 'get' | 'apply' | 'delete'> {
  /** Newest first. */
  revisions(kind: Kind, key: ResourceKey): Promise<readonly Revision[]>;
}

const revisionSchema = z.object({
  generation: z.int(),
  appliedAt: z.iso.datetime(),
  spec: z.unknown(),
  by: z.string().nullable().meta({ description: 'Who asked for it.' }),
  approvedBy: z.string().nullable().meta({ description: 'The second person, where there was one.' }),
  receipt: z.string().nullable().meta({ description: 'Of the record of the change.' }),
});
export type PresentedRevision = z.output<typeof revisionSchema>;

/** Kinds without one of their own are as they are kept. */
const AS_KEPT: StatusReader = async (resources) => resources;

export function resourceRoutes(store: ResourcePort, withStatus: StatusReader = AS_KEPT): Route[] {
  const list = defineRoute({
    method: 'get',
    path: '/api/v1/resources/{kind}',
    summary: 'All resources of a kind',
    action: byKind('read'),
    params: kindPath,
    answer: {
      description: 'The resources.',
      schema: z.object({ items: z.array(resourceSchema), resourceVersion: z.string() }),
    },
    handle: async ({ params, principal }) => {
      const list = await listAll(store, readKind(params.kind));
      const items = onlySeen<Resource>(list.items, await seenBy(principal, store));
      return { json: { ...list, items: await withStatus(items) } };
    },
  });
  return [
    list,
    ...resourceRoutesAt('{name}', clusterPath, store, withStatus),
    ...resourceRoutesAt('{namespace}/{name}', namespacedPath, store, withStatus),
  ];
}

function resourceRoutesAt(
  tail: string,
  params: z.ZodType<Path>,
  store: ResourcePort,
  withStatus: StatusReader,
): Route[] {
  const path = `/api/v1/resources/{kind}/${tail}`;
  const facts = ({ params: at }: Call<Path, unknown, unknown>) => {
    const { kind, key } = readPath(at);
    return { object: { kind, name: key.name, ...(key.namespace === undefined ? {} : { namespace: key.namespace }) } };
  };
  return [
    defineRoute({
      method: 'get',
      path,
      summary: 'One resource with its status',
      action: byKind('read'),
      params,
      answer: { description: 'The resource.', schema: resourceSchema },
      handle: async ({ params: at, principal }) => {
        const { kind, key } = await readSeen(at, principal, store);
        const resource = isBuiltIn(kind, key.name) ? BUILT_IN_RESOURCE : await store.get(kind, key);
        return { json: (await withStatus([resource ?? missing(kind, key)]))[0] };
      },
    }),
    defineRoute({
      method: 'get',
      path: `${path}/revisions`,
      summary: 'What the resource asked for, generation by generation, newest first',
      action: byKind('read'),
      params,
      answer: { description: 'The newest revisions.', schema: z.object({ revisions: z.array(revisionSchema) }) },
      handle: async ({ params: at, principal }) => {
        const { kind, key } = await readSeen(at, principal, store);
        return { json: { revisions: (await store.revisions(kind, key)).map(presentRevision) } };
      },
    }),
    defineRoute({
      method: 'put',
      path,
      summary: 'Create the resource, or make it what is sent; the status stays',
      action: byKind('apply'),
      params,
      query: applyQuery,
      body: z.looseObject({}),
      answer: { description: 'The resource as it is kept now.', schema: resourceSchema },
      record: { kind: 'change', facts: (call) => ({ ...facts(call), dryRun: call.query.dryRun === 'true' }) },
      handle: async ({ params: at, query, body, caller, principal, receipt }) => {
        const resource = readResource(at, body);
        const before = resource.kind === 'Tenant' ? await store.get('Tenant', resource.metadata) : undefined;
        requireOwnFields(principal?.role ?? 'viewer', before, resource);
        const by = { name: caller, receipt };
        return { json: await store.apply(resource as never, { dryRun: query.dryRun === 'true', by }) };
      },
    }),
    defineRoute({
      method: 'delete',
      path,
      summary: 'Delete the resource',
      action: byKind('delete'),
      params,
      query: deleteQuery,
      answer: { description: 'The resource as it was.', schema: resourceSchema },
      record: { kind: 'change', facts },
      handle: async ({ params: at, query: { resourceVersion } }) => {
        const { kind, key } = readPath(at);
        if (isBuiltIn(kind, key.name)) throw undeletable();
        const last = await store.delete(kind, key, resourceVersion === undefined ? {} : { resourceVersion });
        return { json: last ?? missing(kind, key) };
      },
    }),
  ];
}

/** @throws AppError `not_found` for what belongs to another tenant, as for what is not there. */
async function readSeen(path: Path, principal: Principal | undefined, store: ResourcePort) {
  const at = readPath(path);
  return (await seenBy(principal, store))(at.kind, at.key) ? at : missing(at.kind, at.key);
}

function presentRevision({ generation, appliedAt, spec, by }: Revision): PresentedRevision {
  const who = { by: by?.name ?? null, approvedBy: by?.approvedBy ?? null, receipt: by?.receipt ?? null };
  return { generation, appliedAt: appliedAt.toISOString(), spec, ...who };
}

/** What is built in comes first, as a resource among the others. */
async function listAll(store: ResourcePort, kind: Kind) {
  const list = await store.list(kind);
  return kind === BUILT_IN_RESOURCE.kind ? { ...list, items: [BUILT_IN_RESOURCE, ...list.items] } : list;
}

function readKind(word: string): Kind {
  const kind = findKind(word);
  if (kind !== undefined) return kind;
  throw fail('not_found', {
    param: 'kind',
    detail: 'No kind has this name.',
    remedy: `The kinds are ${KIND_NAMES.join(', ')}.`,
  });
}

function readPath({ kind: word, namespace, name }: Path): { kind: Kind; key: ResourceKey } {
  const kind = readKind(word);
  const { scope, defaultNamespace } = KINDS[kind];
  if (scope === 'Namespaced') return { kind, key: { namespace: namespace ?? defaultNamespace ?? 'default', name } };
  if (namespace === undefined) return { kind, key: { name } };
  throw fail('invalid_field', {
    param: 'namespace',
    detail: `A ${kind} belongs to no namespace.`,
    remedy: 'Leave it out.',
  });
}

/** @throws ResourceError `invalid` with every problem of the body. */
function readResource(path: Path, body: unknown): Resource {
  const { kind, key } = readPath(path);
  const validation = validateResource(body);
  if (!validation.ok)
    throw new ResourceError('invalid', 'The resource is not valid.', { problems: validation.problems });
  const { resource } = validation;
  const namespace = resource.metadata.namespace;
  if (resource.kind === kind && resource.metadata.name === key.name && namespace === key.namespace) return resource;
  throw fail('invalid_field', {
    param: 'metadata.name',
    detail: 'Kind, namespace or name in the body are not those of the path.',
    remedy: 'Write the same in both.',
  });
}

function missing(kind: Kind, { namespace }: ResourceKey): never {
  throw fail('not_found', {
    param: 'name',
    detail: `There is no ${kind} of this name${namespace === undefined ? '' : ' in this namespace'}.`,
    remedy: `"intramuros get ${KINDS[kind].plural}" lists what there is.`,
  });
}
