// What a write makes of a resource, as every store that keeps them itself has to do it: generation, timestamps, and
// nothing when nothing changed. Pure: the store gives time, id and version. Imports the api room.
import { isDeepStrictEqual } from 'node:util';
import type { ObjectMeta } from './metadata.ts';
import { formatKey } from './metadata.ts';
import type { Kind, Resource, ResourceByKind } from './resource.ts';
import { validateResource } from './resource.ts';
import { ResourceError } from './resource-error.ts';

export interface WriteFacts {
  readonly uid: string;
  readonly now: Date;
}

type Stored<K extends Kind> = ResourceByKind[K];

/** The manifest as it may be stored. Throws `invalid` with its problems. */
export function admit<R extends Resource>(manifest: R): R {
  const validation = validateResource(manifest);
  if (validation.ok) return validation.resource as R;
  const { problems } = validation;
  throw new ResourceError('invalid', problems.map(({ message, remedy }) => `${message}; ${remedy}`).join('. '), {
    problems,
  });
}

/**
 * The state after applying an admitted manifest, without its new resourceVersion; the stored object itself when nothing
 * changes. Throws `conflict` or `notFound` when the manifest names a version that is not the stored one.
 */
export function transitionApply<R extends Resource>(stored: R | undefined, wanted: R, facts: WriteFacts): R {
  checkVersion(stored, wanted.metadata);
  if (stored === undefined) {
    const metadata = {
      ...pickWritten(wanted.metadata),
      uid: facts.uid,
      generation: 1,
      creationTimestamp: `${facts.now.toISOString().slice(0, 19)}Z`,
    };
    return { ...wanted, metadata };
  }
  const sameSpec = isDeepStrictEqual(stored.spec, wanted.spec);
  const written = pickWritten(wanted.metadata);
  const { labels: _labels, annotations: _annotations, ...kept } = stored.metadata;
  const metadata = { ...kept, ...written, generation: (stored.metadata.generation ?? 0) + (sameSpec ? 0 : 1) };
  if (sameSpec && isDeepStrictEqual(metadata, stored.metadata)) return stored;
  return { ...stored, spec: wanted.spec, metadata };
}

/** The state after writing a status; the stored object itself when it is the same status. */
export function transitionStatus<K extends Kind>(
  stored: Stored<K> | undefined,
  key: string,
  status: unknown,
  resourceVersion: string,
): Stored<K> {
  if (stored === undefined) throw new ResourceError('notFound', `there is no ${key}`);
  if (stored.metadata.resourceVersion !== resourceVersion) throw conflict(key);
  if (isDeepStrictEqual((stored as { status?: unknown }).status, status)) return stored;
  return { ...stored, status };
}

export function checkVersion(stored: Stored<Kind> | undefined, wanted: ObjectMeta): void {
  if (wanted.resourceVersion === undefined) return;
  const key = formatKey(wanted);
  if (stored === undefined) {
    throw new ResourceError(
      'notFound',
      `there is no ${key} in the version that was named; leave metadata.resourceVersion out to create it`,
    );
  }
  if (stored.metadata.resourceVersion !== wanted.resourceVersion) throw conflict(key);
}

function conflict(key: string): ResourceError {
  return new ResourceError('conflict', `${key} was changed meanwhile; read it again and repeat the change`);
}

function pickWritten({ name, namespace, labels, annotations }: ObjectMeta): ObjectMeta {
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(labels === undefined || Object.keys(labels).length === 0 ? {} : { labels }),
    ...(annotations === undefined || Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
}
