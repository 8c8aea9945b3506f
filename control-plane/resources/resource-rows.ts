// The SQL of the resource table. Every read is one statement, hence one snapshot; every write holds the lock that makes
// versions the order of commits. Imports operator/api and errors.
import type { Pool, PoolClient, QueryResult } from 'pg';
import type { ResourceKey } from '../../operator/api/metadata.ts';
import type { ChangedBy } from '../../operator/api/ports.ts';
import type { Kind, Resource } from '../../operator/api/resource.ts';
import { ResourceError } from '../../operator/api/resource-error.ts';
import { AppError } from '../errors.ts';

/** Key of the advisory lock of all writers: "IMRS" as a number. */
const WRITE_LOCK = 0x494d5253;
/** The row that remembers the version up to which tombstones were forgotten; no kind has an empty name. */
const HORIZON = { kind: '', namespace: '', name: 'horizon', uid: '00000000-0000-0000-0000-000000000000' } as const;

export interface Row {
  readonly resource: Resource;
  readonly version: number;
  readonly createdVersion: number;
  readonly deleted: boolean;
}

interface RawRow {
  /** Null in the one row that comes when there is none. */
  readonly object: (Resource & { readonly createdVersion: number }) | null;
  readonly resource_version: string;
  readonly deleted: boolean;
  readonly at: string;
  readonly horizon: string;
}

export interface Transaction {
  get(kind: Kind, key: ResourceKey): Promise<Row | undefined>;
  /** Stores under the next version. `createdBefore`: version of its creation, absent for a new resource. */
  put<R extends Resource>(
    next: R,
    facts: { readonly createdBefore: number | undefined; readonly deleted?: boolean },
  ): Promise<R>;
  /** Remembers what the resource asks for from now on, and forgets all but the newest revisions of it. */
  keepRevision(resource: Resource, by?: ChangedBy): Promise<void>;
  /** Keeps the newest `keep` tombstones and moves the horizon over the others. */
  forgetTombstones(keep: number): Promise<void>;
  /** Another statement of the same transaction. */
  readonly query: PoolClient['query'];
}

const LATEST = `
  SELECT coalesce((SELECT max(resource_version) FROM resource), 0) AS at,
         coalesce((SELECT resource_version FROM resource WHERE kind = '' AND namespace = '' AND name = 'horizon'), 0) AS horizon`;
const LIST = `
  WITH latest AS (${LATEST})
  SELECT latest.at, latest.horizon, r.object, r.resource_version, r.deleted
  FROM latest LEFT JOIN resource r ON r.kind = $1 AND NOT r.deleted
  ORDER BY r.namespace, r.name`;
const AFTER = `
  WITH latest AS (${LATEST})
  SELECT latest.at, latest.horizon, r.object, r.resource_version, r.deleted
  FROM latest LEFT JOIN resource r ON r.kind = $1 AND r.resource_version > $2
  ORDER BY r.resource_version`;
const GET = `
  SELECT object, resource_version, deleted, 0 AS at, 0 AS horizon
  FROM resource WHERE kind = $1 AND namespace = $2 AND name = $3`;
const PUT = `
  INSERT INTO resource (kind, namespace, name, uid, resource_version, generation, object, deleted)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
  ON CONFLICT (kind, namespace, name) DO UPDATE SET uid = excluded.uid, resource_version = excluded.resource_version,
    generation = excluded.generation, object = excluded.object, deleted = excluded.deleted`;
const FORGET = `
  DELETE FROM resource WHERE deleted AND kind <> '' AND resource_version <=
    (SELECT resource_version FROM resource WHERE deleted AND kind <> '' ORDER BY resource_version DESC OFFSET $1 LIMIT 1)
  RETURNING resource_version`;

/** Of one name, deleted and made again ones included. */
const KEPT_REVISIONS = 50;
const KEEP_REVISION = `
  INSERT INTO resource_revision (kind, namespace, name, uid, generation, spec, applied_by, approved_by, receipt)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
  ON CONFLICT DO NOTHING`;
const FORGET_REVISIONS = `
  DELETE FROM resource_revision WHERE kind = $1 AND namespace = $2 AND name = $3 AND applied_at <
    (SELECT applied_at FROM resource_revision WHERE kind = $1 AND namespace = $2 AND name = $3
     ORDER BY applied_at DESC OFFSET $4 - 1 LIMIT 1)`;
const REVISIONS = `
  SELECT generation, applied_at, spec, applied_by, approved_by, receipt FROM resource_revision
  WHERE kind = $1 AND namespace = $2 AND name = $3 ORDER BY applied_at DESC, generation DESC`;

/** What a resource asked for from a moment on. */
export interface StoredRevision {
  readonly generation: number;
  readonly appliedAt: Date;
  readonly spec: unknown;
  /** Absent where it was applied before the names were kept, or by the product itself. */
  readonly by?: ChangedBy;
}

export class ResourceRows {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async list(kind: Kind): Promise<{ rows: Row[]; at: number }> {
    return this.#read(LIST, [kind]);
  }

  async after(kind: Kind, version: number): Promise<{ rows: Row[]; at: number; horizon: number }> {
    // A version that is no number is none of ours; -1 lies before every horizon.
    return this.#read(AFTER, [kind, Number.isSafeInteger(version) ? version : -1]);
  }

  async get(kind: Kind, key: ResourceKey): Promise<Row | undefined> {
    return translated(() => getWith(this.#pool, kind, key));
  }

  /** Newest first. */
  async revisions(kind: Kind, { namespace = '', name }: ResourceKey): Promise<StoredRevision[]> {
    const { rows } = await translated(() => this.#pool.query<RawRevision>(REVISIONS, [kind, namespace, name]));
    return rows.map(toRevision);
  }

  /** Runs the work under the write lock; its changes are seen together, and before those of any later writer. */
  async write<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return translated(async () => {
      const client = await this.#pool.connect();
      let broken: Error | undefined;
      try {
        await client.query('BEGIN');
        await client.query('SELECT pg_advisory_xact_lock($1)', [WRITE_LOCK]);
        const result = await work(transactionOn(client));
        await client.query('COMMIT');
        return result;
      } catch (error) {
        await client.query('ROLLBACK').catch((failure: Error) => {
          broken = failure;
        });
        throw error;
      } finally {
        client.release(broken);
      }
    });
  }

  async #read(statement: string, values: unknown[]): Promise<{ rows: Row[]; at: number; horizon: number }> {
    const { rows } = await translated((): Promise<QueryResult<RawRow>> => this.#pool.query(statement, values));
    const [first] = rows;
    return { rows: rows.flatMap(toRow), at: Number(first?.at ?? 0), horizon: Number(first?.horizon ?? 0) };
  }
}

function transactionOn(client: PoolClient): Transaction {
  return {
    get: (kind, key) => getWith(client, kind, key),
    async put(next, { createdBefore, deleted = false }) {
      const { rows } = await client.query<{ at: string }>(LATEST);
      const version = Number(rows[0]?.at ?? 0) + 1;
      const { metadata } = next;
      const object = { ...next, createdVersion: createdBefore ?? version };
      await client.query(PUT, [
        next.kind,
        metadata.namespace ?? '',
        metadata.name,
        metadata.uid,
        version,
        metadata.generation ?? 1,
        object,
        deleted,
      ]);
      await client.query('SELECT pg_notify($1, $2)', ['intramuros_resource', `${next.kind} ${version}`]);
      return { ...next, metadata: { ...metadata, resourceVersion: String(version) } };
    },
    async keepRevision({ kind, metadata, spec }, by) {
      const { namespace = '', name, uid, generation = 1 } = metadata;
      const who = [by?.name, by?.approvedBy, by?.receipt];
      await client.query(KEEP_REVISION, [kind, namespace, name, uid, generation, spec, ...who]);
      await client.query(FORGET_REVISIONS, [kind, namespace, name, KEPT_REVISIONS]);
    },
    async forgetTombstones(keep) {
      const { rows } = await client.query<{ resource_version: string }>(FORGET, [keep]);
      if (rows.length === 0) return;
      const horizon = Math.max(...rows.map((row) => Number(row.resource_version)));
      const { kind, namespace, name, uid } = HORIZON;
      await client.query(PUT, [kind, namespace, name, uid, horizon, 0, {}, true]);
    },
    query: client.query.bind(client),
  };
}

interface RawRevision {
  readonly generation: string;
  readonly applied_at: Date;
  readonly spec: unknown;
  readonly applied_by: string | null;
  readonly approved_by: string | null;
  readonly receipt: string | null;
}

function toRevision({ generation, applied_at, spec, applied_by, approved_by, receipt }: RawRevision): StoredRevision {
  const by = applied_by === null ? {} : { by: { name: applied_by, ...named({ approvedBy: approved_by, receipt }) } };
  return { generation: Number(generation), appliedAt: applied_at, spec, ...by };
}

/** Without what the database has not. */
function named<K extends string>(values: Readonly<Record<K, string | null>>): Partial<Record<K, string>> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null)) as Partial<Record<K, string>>;
}

async function getWith(queryable: Pool | PoolClient, kind: Kind, key: ResourceKey): Promise<Row | undefined> {
  const { rows }: QueryResult<RawRow> = await queryable.query(GET, [kind, key.namespace ?? '', key.name]);
  return rows.flatMap(toRow)[0];
}

function toRow({ object, resource_version, deleted }: RawRow): Row[] {
  if (object === null) return [];
  const { createdVersion, ...rest } = object;
  const resource = { ...rest, metadata: { ...rest.metadata, resourceVersion: resource_version } } as Resource;
  return [{ resource, version: Number(resource_version), createdVersion, deleted }];
}

/** A database that does not answer is an expected failure; anything else that it says is a defect of ours. */
export async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ResourceError || error instanceof AppError || isDefect(error)) throw error;
    throw new ResourceError('unavailable', 'the resources cannot be read or written: the database does not answer', {
      cause: error,
    });
  }
}

/** SQLSTATE classes of mistakes: wrong data, broken constraints, wrong SQL. Without SQLSTATE it is a lost connection. */
function isDefect(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^(22|23|42)[0-9A-Z]{3}$/.test(code);
}
