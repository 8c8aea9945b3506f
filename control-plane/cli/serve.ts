// `intramuros serve`: the product put together on one machine. Reads like a list: each part is started after what it
// stands on and stopped in the reverse order, the gateway first and the database last. Composition only.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import pino from 'pino';
import type { Model } from '../../operator/api/v1alpha1/model.ts';
import { chooseEngine } from '../../operator/engines/engines.ts';
import { watchAll } from '../../operator/kube/reflector.ts';
import { startOperator } from '../../operator/main.ts';
import { ensureAdminAccount } from '../admin/identity/admin-account.ts';
import { makeLocalToken } from '../admin/identity/local-token.ts';
import { prismaAccountStore } from '../admin/identity/prisma-account-store.ts';
import { prismaWebSessionRows } from '../admin/identity/prisma-web-session-rows.ts';
import { createKeyService } from '../admin/keys/key-service.ts';
import { prismaApiKeySource } from '../admin/keys/prisma-api-key-source.ts';
import { prismaApiKeyStore } from '../admin/keys/prisma-api-key-store.ts';
import { startAdmin } from '../admin/start-admin.ts';
import { type DatabaseAuditLog, openAuditLog } from '../audit/audit-log.ts';
import type { Config } from '../config.ts';
import { type Database, openDatabase } from '../database/database.ts';
import { startEmbeddedPostgres } from '../database/embedded-postgres.ts';
import { toAppError } from '../errors.ts';
import { ApiKeys } from '../gateway/api-keys.ts';
import { Catalog, type CatalogSource } from '../gateway/catalog.ts';
import { EngineConnections } from '../gateway/engine-connections.ts';
import { startGateway } from '../gateway/gateway.ts';
import { previewRedaction } from '../gateway/preview-redaction.ts';
import { createRateLimit } from '../gateway/rate-limit.ts';
import { PostgresResourceStore } from '../resources/postgres-resource-store.ts';
import { openFileSecrets } from '../secrets/file-secrets.ts';
import { assertPortFree } from './assert-port-free.ts';
import { BUNDLED_MODEL, BUNDLED_MODELS } from './bundled-models.ts';
import { createLocalPlanner } from './local-planner.ts';
import { productMetrics } from './product-metrics.ts';
import { untilModelReady } from './until-model-ready.ts';

const HOST = '127.0.0.1';
const GATEWAY_DRAIN_MS = 5000;
/** Beyond this the end is forced: what still runs dies with us, by its lifeline. */
const STOP_LIMIT_MS = 15_000;
const SLOTS = 4;

export interface ServeOptions {
  readonly config: Config;
  readonly version: string;
  readonly write: (line: string) => void;
  /** What engines get of the environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Aborts when the product shall end. */
  readonly signal: AbortSignal;
}

/** Runs until the signal. Resolves to the exit code; throws the AppError that says why it could not start. */
export async function serve({ config, version, write, environment, signal }: ServeOptions): Promise<number> {
  const log = pino({ level: config.logLevel, base: null }, pino.destination({ fd: 2, sync: true }));
  const stops: { name: string; stop: () => unknown }[] = [];
  const onStop = (name: string, stop: () => unknown) => void stops.unshift({ name, stop });
  const told = (message: string) => log.warn({}, message);
  try {
    await assertPortFree(HOST, config.adminPort, 'INTRAMUROS_PORT');
    await assertPortFree(HOST, config.gatewayPort, 'INTRAMUROS_GATEWAY_PORT');
    await mkdir(config.dataFolder, { recursive: true, mode: 0o700 });
    const { database, announce } = await startDatabase(config, onStop, told);
    const secrets = await openFileSecrets(join(config.dataFolder, 'secrets'));
    const audit = await openAuditLog({ database, secrets, producer: 'all', log: told });
    await audit.start();
    onStop('audit log', () => audit.stop());

    const store = new PostgresResourceStore({ database });
    store.start();
    onStop('resource store', () => store.stop());
    const accounts = prismaAccountStore(database);
    const { createdPassword } = await ensureAdminAccount({ accounts, audit, adminPassword: config.adminPassword });
    if ((await store.list('Model')).items.length === 0) await store.apply(bundledModel());

    const engine = chooseEngine({ llamaServerPath: config.llamaServer });
    const bearer = Buffer.from((await secrets.read('engine-bearer')).bytes()).toString('hex');
    const operator = await startOperator({
      store,
      engines: [engine],
      bearer,
      modelsFolder: join(config.dataFolder, 'models'),
      bundledModels: BUNDLED_MODELS,
      dataFolder: config.dataFolder,
      environment,
      log,
      threads: config.engineThreads,
      slots: SLOTS,
    });
    onStop('engines', () => operator.stop());

    const catalog = new Catalog(catalogSource(store, told));
    await catalog.start();
    onStop('catalog', () => catalog.stop());
    const pepper = (await secrets.read('api-key-pepper')).bytes();
    const keys = new ApiKeys({
      source: prismaApiKeySource(database),
      pepper,
      onError: (error) => log.warn({ code: toAppError(error).code }, 'the keys could not be read again'),
    });
    await keys.start();
    onStop('keys', () => keys.stop());
    const surrogateKey = (await secrets.read('surrogate')).bytes();
    const connections = new EngineConnections(bearer);
    onStop('engine connections', () => connections.stop());

    const admin = await startAdmin({
      version,
      log,
      host: HOST,
      port: config.adminPort,
      dataFolder: config.dataFolder,
      health: {
        readiness: () => readiness(database, audit),
        metrics: async () => productMetrics(await store.list('Model').then(({ items }) => items), audit.status()),
      },
      accounts,
      sessionRows: prismaWebSessionRows(database),
      sessionSecret: (await secrets.read('session')).bytes(),
      localToken: makeLocalToken(),
      audit,
      records: audit.records,
      bundle: audit,
      resources: store,
      plan: createLocalPlanner({
        folders: { modelsFolder: join(config.dataFolder, 'models'), bundledModels: BUNDLED_MODELS },
        engines: [engine],
        slots: SLOTS,
      }),
      keys: createKeyService({ keys: prismaApiKeyStore(database), pepper }),
      previewRedaction: async (request) => previewRedaction(request, { keys, catalog, surrogateKey }),
    });
    onStop('admin listener', () => admin.stop());
    announce(admin.address);
    const gateway = await startGateway({
      host: HOST,
      port: config.gatewayPort,
      keys,
      catalog,
      surrogateKey,
      audit,
      connections,
      budgets: config.budgets,
      admission: {
        rateLimit: createRateLimit(config.requestsPerMinute),
        maxBodyBytes: config.maxBodyBytes,
        now: () => performance.now(),
      },
      log,
      ready: () => audit.status().closed === undefined,
    });
    onStop('gateway', () => gateway.stop(GATEWAY_DRAIN_MS));

    await operator.settled;
    if ((await store.get('Model', BUNDLED_KEY)) !== undefined) await untilModelReady(store, BUNDLED_KEY, signal, told);
    if (!signal.aborted) greet(write, { admin: admin.address, gateway: gateway.address, createdPassword });
    await aborted(signal);
    return 0;
  } finally {
    await stopAll(stops, log);
  }
}

const BUNDLED_KEY = { namespace: 'default', name: BUNDLED_MODEL };

function bundledModel(): Model {
  return {
    apiVersion: 'intramuros.dev/v1alpha1',
    kind: 'Model',
    metadata: BUNDLED_KEY,
    spec: { source: { uri: `bundled://${BUNDLED_MODEL}` }, replicas: 1 },
  };
}

async function startDatabase(
  config: Config,
  onStop: (name: string, stop: () => unknown) => void,
  log: (message: string) => void,
): Promise<{ database: Database; announce: (address: string) => void }> {
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

interface Greeting {
  readonly admin: string;
  readonly gateway: string;
  readonly createdPassword?: string | undefined;
}

function greet(write: (line: string) => void, { admin, gateway, createdPassword }: Greeting): void {
  write(`console: ${admin}  (account admin)`);
  if (createdPassword !== undefined) write(`first password, shown this once: ${createdPassword}`);
  write(
    `try: curl ${gateway}/v1/chat/completions -H "Authorization: Bearer $(npx intramuros key create try)" ` +
      `-H 'Content-Type: application/json' -d '{"model":"${BUNDLED_MODEL}","messages":[{"role":"user","content":"Mme Claire Vasseur, née le 12/03/1958, est admise pour dyspnée. Dr Paul Lemoine."}]}'`,
  );
  write(`ready ${admin} ${gateway}`);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

async function stopAll(stops: readonly { name: string; stop: () => unknown }[], log: pino.Logger): Promise<void> {
  const limit = setTimeout(() => {
    log.error({}, `the end took longer than ${STOP_LIMIT_MS / 1000} s and was forced`);
    process.exit(1);
  }, STOP_LIMIT_MS);
  for (const { name, stop } of stops) {
    try {
      await stop();
    } catch (error) {
      log.error({ part: name, code: toAppError(error).code }, 'a part did not stop cleanly');
    }
  }
  clearTimeout(limit);
}
