// What every composition of the product stands on: database, keys, audit log, resources, and what is known of models
// and callers. `serve` adds engines and listeners; a command on a bare database adds an admin listener for itself.

import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Engine } from '../../operator/engines/engine.ts';
import { chooseEngine } from '../../operator/engines/engines.ts';
import { watchAll } from '../../operator/kube/reflector.ts';
import { makeLocalToken } from '../admin/identity/local-token.ts';
import { prismaAccountStore } from '../admin/identity/prisma-account-store.ts';
import { prismaWebSessionRows } from '../admin/identity/prisma-web-session-rows.ts';
import { createKeyService } from '../admin/keys/key-service.ts';
import { prismaApiKeySource } from '../admin/keys/prisma-api-key-source.ts';
import { prismaApiKeyStore } from '../admin/keys/prisma-api-key-store.ts';
import type { AdminOptions } from '../admin/start-admin.ts';
import { type DatabaseAuditLog, openAuditLog } from '../audit/audit-log.ts';
import type { Config } from '../config.ts';
import { makeDataFolder } from '../database/data-folder.ts';
import { type Database, openDatabase } from '../database/database.ts';
import { startEmbeddedPostgres } from '../database/embedded-postgres.ts';
import { toAppError } from '../errors.ts';
import { ApiKeys } from '../gateway/api-keys.ts';
import { Catalog, type CatalogSource } from '../gateway/catalog.ts';
import { previewRedaction } from '../gateway/preview-redaction.ts';
import { PostgresResourceStore } from '../resources/postgres-resource-store.ts';
import { openFileSecrets } from '../secrets/file-secrets.ts';
import type { Secrets } from '../secrets/secrets.ts';
import { BUNDLED_MODELS } from './bundled-models.ts';
import { createLocalPlanner } from './local-planner.ts';
import { productMetrics } from './product-metrics.ts';

export const HOST = '127.0.0.1';
/** Requests that one engine process works on at a time. */
export const SLOTS = 4;

export interface Foundation {
  readonly database: Database;
  /** Tells a second start on the same folder where this one serves. */
  readonly announce: (address: string) => void;
  readonly secrets: Secrets;
  readonly audit: DatabaseAuditLog;
  readonly store: PostgresResourceStore;
  readonly engine: Engine;
  readonly catalog: Catalog;
  readonly keys: ApiKeys;
  readonly surrogateKey: Uint8Array;
  readonly modelsFolder: string;
  readonly log: Logger;
}

export interface FoundationOptions {
  readonly config: Config;
  /** Name of this process among those that write audit records. */
  readonly producer: string;
  readonly log: Logger;
  /** Called with each part that was started, in order; stop them in the reverse one. */
  readonly onStop: (name: string, stop: () => unknown) => void;
}

export async function layFoundation({ config, producer, log, onStop }: FoundationOptions): Promise<Foundation> {
  const told = (message: string) => log.warn({}, message);
  await makeDataFolder(config.dataFolder);
  const { database, announce } = await startDatabase(config, onStop, told);
  const secrets = await openFileSecrets(join(config.dataFolder, 'secrets'));
  const audit = await openAuditLog({ database, secrets, producer, log: told });
  await audit.start();
  onStop('audit log', () => audit.stop());

  const store = new PostgresResourceStore({ database });
  store.start();
  onStop('resource store', () => store.stop());
  const catalog = new Catalog(catalogSource(store, told));
  await catalog.start();
  onStop('catalog', () => catalog.stop());

  const keys = new ApiKeys({
    source: prismaApiKeySource(database),
    pepper: (await secrets.read('api-key-pepper')).bytes(),
    onError: (error) => log.warn({ code: toAppError(error).code }, 'the keys could not be read again'),
  });
  await keys.start();
  onStop('keys', () => keys.stop());
  return {
    database,
    announce,
    secrets,
    audit,
    store,
    engine: chooseEngine({ llamaServerPath: config.llamaServer }),
    catalog,
    keys,
    surrogateKey: (await secrets.read('surrogate')).bytes(),
    modelsFolder: join(config.dataFolder, 'models'),
    log,
  };
}

/** The admin listener on these parts; port and data folder are the caller's. */
export async function adminOptions(
  parts: Foundation,
  version: string,
): Promise<Omit<AdminOptions, 'port' | 'dataFolder'>> {
  const { database, secrets, audit, store, catalog, keys, surrogateKey, log } = parts;
  return {
    version,
    log,
    host: HOST,
    health: {
      readiness: () => readiness(database, audit),
      metrics: async () => productMetrics((await store.list('Model')).items, audit.status()),
    },
    accounts: prismaAccountStore(database),
    sessionRows: prismaWebSessionRows(database),
    sessionSecret: (await secrets.read('session')).bytes(),
    localToken: makeLocalToken(),
    audit,
    records: audit.records,
    bundle: audit,
    resources: store,
    plan: createLocalPlanner({
      folders: { modelsFolder: parts.modelsFolder, bundledModels: BUNDLED_MODELS },
      engines: [parts.engine],
      slots: SLOTS,
      policies: async () => (await store.list('PrivacyPolicy')).items.map(({ metadata }) => metadata.name),
    }),
    keys: createKeyService({
      keys: prismaApiKeyStore(database),
      pepper: (await secrets.read('api-key-pepper')).bytes(),
    }),
    previewRedaction: async (request) => previewRedaction(request, { keys, catalog, surrogateKey }),
  };
}

async function startDatabase(
  config: Config,
  onStop: FoundationOptions['onStop'],
  log: (message: string) => void,
): Promise<Pick<Foundation, 'database' | 'announce'>> {
  const embedded =
    config.databaseUrl === undefined ? await startEmbeddedPostgres(config.dataFolder, { log }) : undefined;
  if (embedded !== undefined) onStop('database server', () => embedded.stop());
  const database = await openDatabase(
    embedded?.url ?? config.databaseUrl ?? '',
    embedded === undefined ? {} : { loginRoles: true },
  );
  onStop('database', () => database.stop());
  return { database, announce: (address) => embedded?.announce(address) };
}

/** Asked over HTTP: the database answers a query, and the log takes records. */
async function readiness(database: Database, audit: DatabaseAuditLog) {
  const { closed, problem } = audit.status();
  const answers = await database.pool.query('SELECT 1').then(
    () => true,
    () => false,
  );
  return [
    { name: 'database', ok: answers },
    { name: 'audit log', ok: closed === undefined, ...(closed === undefined ? {} : { detail: closed }) },
    { name: 'sequencer', ok: problem === undefined, ...(problem === undefined ? {} : { detail: problem }) },
  ];
}

function catalogSource(store: PostgresResourceStore, log: (message: string) => void): CatalogSource {
  const onError = () => log('the resources could not be read; the last good state holds');
  return {
    watchModels: (onSnapshot, signal) => watchAll(store, 'Model', onSnapshot, { signal, onError }),
    watchPolicies: (onSnapshot, signal) => watchAll(store, 'PrivacyPolicy', onSnapshot, { signal, onError }),
  };
}
