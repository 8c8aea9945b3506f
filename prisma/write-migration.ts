// Compares the migrations with the schema by Prisma's own engine (its WebAssembly build, so that nothing is downloaded)
// on a throw-away PostgreSQL of ours. `node prisma/write-migration.ts NAME` writes what is missing as a new migration;
// `--check` fails when something is. Needs `npm ci` inside prisma/.

import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils';
import { Client, Pool } from 'pg';
import { startEmbeddedPostgres } from '../control-plane/database/embedded-postgres.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const MIGRATIONS = join(FOLDER, 'migrations');
const SCHEMA = join(FOLDER, 'schema.prisma');

interface SchemaEngine {
  diff(input: object): Promise<{ stdout: string | null }>;
}

type Exports = Record<string, unknown>;

/** Its types come with those of browsers only. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: Exports } }>;
};

interface EngineModule {
  __wbg_set_wasm(exports: Exports): void;
  readonly SchemaEngine: { new: (input: object, log: () => void, adapter: object) => Promise<SchemaEngine> };
}

/** The SQL that leads from the migrations to the schema; empty when they agree. */
async function findDifference(socketUrl: string): Promise<string> {
  const engine = await loadEngine(socketUrl);
  const { stdout } = await engine.diff({
    from: await readMigrations(),
    to: { tag: 'schemaDatamodel', files: [{ path: SCHEMA, content: await readFile(SCHEMA, 'utf8') }] },
    script: true,
    exitCode: null,
    filters: { externalTables: [], externalEnums: [] },
  });
  return stdout === null || stdout.includes('This is an empty migration') ? '' : stdout;
}

async function loadEngine(socketUrl: string): Promise<SchemaEngine> {
  // The engine reports its panics here before it gives up.
  Object.assign(globalThis, {
    PRISMA_WASM_PANIC_REGISTRY: { set_message: (text: string) => process.stderr.write(`${text}\n`) },
  });
  const require = createRequire(import.meta.url);
  const entry = require.resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const module = (await import(entry)) as EngineModule;
  const wasm = readFileSync(join(dirname(entry), 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(wasm, { './schema_engine_bg.js': module });
  module.__wbg_set_wasm(instance.exports);
  (instance.exports['__wbindgen_start'] as () => void)();
  const adapter = bindMigrationAwareSqlAdapterFactory(adapterFor(socketUrl));
  return module.SchemaEngine.new({ datamodels: [[SCHEMA, await readFile(SCHEMA, 'utf8')]] }, () => {}, adapter);
}

/** Three things that adapter-pg 7.10 does otherwise than the engine needs are put right here. */
function adapterFor(socketUrl: string): SqlMigrationAwareDriverAdapterFactory {
  const connect = async (database: string) => {
    const url = socketUrl.replace('/postgres?', `/${database}?`);
    const pool = new Pool({ connectionString: url, max: 1 });
    const adapter = await new PrismaPg(pool, { disposeExternalPool: true }).connect();
    readCharColumns(pool, adapter);
    // Its own splits at every semicolon, which breaks blocks of PL/pgSQL.
    adapter.executeScript = async (script) => {
      await pool.query(script);
    };
    return adapter;
  };
  return {
    provider: 'postgres',
    adapterName: 'intramuros-check',
    connect: () => connect('main'),
    // Its own opens the main database again.
    connectToShadowDb: () => connect('shadow'),
  };
}

/** The catalogue's type "char" (oid 18) has no mapping in the adapter, and the engine insists on a character. */
function readCharColumns(pool: Pool, adapter: SqlDriverAdapter): void {
  let charColumns: number[] = [];
  const query = pool.query.bind(pool) as (...values: unknown[]) => Promise<{ fields?: { dataTypeID: number }[] }>;
  Object.assign(pool, {
    query: async (...values: unknown[]) => {
      const result = await query(...values);
      charColumns = (result.fields ?? []).flatMap((field, index) => (field.dataTypeID === 18 ? [index] : []));
      for (const index of charColumns) Object.assign(result.fields?.[index] ?? {}, { dataTypeID: 25 });
      return result;
    },
  });
  const queryRaw = adapter.queryRaw.bind(adapter);
  adapter.queryRaw = async (input) => {
    const result = await queryRaw(input);
    for (const index of charColumns) result.columnTypes[index] = ColumnTypeEnum.Character;
    return result;
  };
}

async function readMigrations(): Promise<object> {
  const names = (await readdir(MIGRATIONS)).filter((name) => /^\d+_/.test(name)).toSorted();
  const directories = names.map(async (path) => ({
    path,
    migrationFile: {
      path: 'migration.sql',
      content: { tag: 'ok', value: await readFile(join(MIGRATIONS, path, 'migration.sql'), 'utf8') },
    },
  }));
  return {
    tag: 'migrations',
    baseDir: MIGRATIONS,
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    shadowDbInitScript: '',
    migrationDirectories: await Promise.all(directories),
  };
}

async function withServer<T>(work: (socketUrl: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'intramuros-schema-'));
  const server = await startEmbeddedPostgres(folder);
  try {
    const socketUrl = server.url.replace('/intramuros?', '/postgres?');
    const client = new Client({ connectionString: socketUrl });
    await client.connect();
    await client.query('CREATE DATABASE main');
    await client.query('CREATE DATABASE shadow');
    await client.end();
    return await work(socketUrl);
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function main(): Promise<number> {
  const name = process.argv[2];
  if (name === undefined || !/^(--check|[a-z][a-z0-9_]*)$/.test(name)) {
    process.stderr.write('Usage: node prisma/write-migration.ts NAME | --check\n');
    return 2;
  }
  const difference = await withServer(findDifference);
  if (difference === '') {
    process.stdout.write('The migrations give the schema.\n');
    return 0;
  }
  if (name === '--check') {
    process.stderr.write(`The migrations do not give the schema; missing:\n${difference}\n`);
    return 1;
  }
  const stamp = new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14);
  const folder = join(MIGRATIONS, `${stamp}_${name}`);
  await mkdir(folder);
  await writeFile(join(folder, 'migration.sql'), difference);
  process.stdout.write(`${folder}\n`);
  return 0;
}

process.exit(await main()); // the engine leaves handles behind
