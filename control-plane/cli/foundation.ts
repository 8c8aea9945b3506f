// What every composition of the product stands on: the ground (database, keys, audit log), and on it the resources and
// what is known of models and callers. `serve` adds engines and listeners; a command on a bare database adds an admin
// listener for itself.

import { availableParallelism, hostname } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { createDemandBoard, type DemandBoard } from '../../operator/controller/demand-board.ts';
import type { Engine } from '../../operator/engines/engine.ts';
import { chooseEngine } from '../../operator/engines/engines.ts';
import { watchAll } from '../../operator/kube/reflector.ts';
import { thisMachine } from '../../operator/runtime/local/machine.ts';
import { type ChangeFeed, createChangeFeed } from '../admin/events/change-feed.ts';
import { prismaIdempotencyRows } from '../admin/idempotency/prisma-idempotency-rows.ts';
import { makeLocalToken } from '../admin/identity/local-token.ts';
import { prismaAccountStore } from '../admin/identity/prisma-account-store.ts';
import { prismaTokenStore } from '../admin/identity/prisma-token-store.ts';
import { prismaWebSessionRows } from '../admin/identity/prisma-web-session-rows.ts';
import { createKeyService } from '../admin/keys/key-service.ts';
import { prismaApiKeySource } from '../admin/keys/prisma-api-key-source.ts';
import { prismaApiKeyStore } from '../admin/keys/prisma-api-key-store.ts';
import type { AdminOptions } from '../admin/start-admin.ts';
import { type UsageRows, usageRows } from '../admin/usage/usage-rows.ts';
import { type DatabaseAuditLog, openAuditLog } from '../audit/audit-log.ts';
import { hasNewKeys, recordRecovery, requireKeysOf, requireSameKeys } from '../backup/recovered-folder.ts';
import type { Config } from '../config.ts';
import { attachEmbeddedPostgres } from '../database/attached-postgres.ts';
import { makeDataFolder } from '../database/data-folder.ts';
import { type Database, openDatabase } from '../database/database.ts';
import { startEmbeddedPostgres } from '../database/embedded-postgres.ts';
import { lockFolder } from '../database/folder-lock.ts';
import { upgradeFolder } from '../database/folder-note.ts';
import { toAppError } from '../errors.ts';
import { ApiKeys } from '../gateway/api-keys.ts';
import { Catalog, type CatalogSource } from '../gateway/catalog.ts';
import { EngineConnections } from '../gateway/engine-connections.ts';
import { askModel, type PlaygroundParts } from '../gateway/playground.ts';
import { GONE_MS } from '../gateway/policy-reports.ts';
import { previewRedaction } from '../gateway/preview-redaction.ts';
import { findTarget } from '../gateway/route.ts';
import { createUsageMeter, type UsageMeter } from '../gateway/usage-meter.ts';
import { tenantsByName } from '../policy/tenant-facts.ts';
import { GATEWAY_CHANNEL, gatewayRows } from '../resources/gateway-rows.ts';
import { hearLoads } from '../resources/load-channel.ts';
import { PostgresResourceStore } from '../resources/postgres-resource-store.ts';
import { proposalRows } from '../resources/proposal-rows.ts';
import type { ReadableSecretName, RotatingSecrets } from '../secrets/secrets.ts';
import type { TlsFiles } from '../tls/tls-files.ts';
import { BUNDLED_MODELS } from './bundled-models.ts';
import { createEngineLogReader } from './engine-logs.ts';
import { followResources } from './follow-resources.ts';
import { gatewayMetrics } from './gateway-metrics.ts';
import { createLocalPlanner } from './local-planner.ts';
import { createLogHealth } from './log-health.ts';
import { openIdentity } from './open-identity.ts';
import { followRotations, openSecrets } from './open-secrets.ts';
import { productMetrics } from './product-metrics.ts';
import { readWitness } from './read-witness.ts';
import { reverifyMetrics } from './reverify-metrics.ts';
import type { RoleParts } from './roles.ts';
import { createSecretService } from './rotate-secret.ts';
import { systemState } from './system-state.ts';

const STARTED_AT = new Date();
/** Requests that one engine process works on at a time. */
export const SLOTS = 4;

export interface Ground {
  readonly database: Database;
  /** Tells a second start on the same folder where this one serves. */
  readonly announce: (address: string) => void;
  readonly secrets: RotatingSecrets;
  readonly audit: DatabaseAuditLog;
}

export interface Foundation extends Ground {
  readonly store: PostgresResourceStore;
  readonly engine: Engine;
  readonly catalog: Catalog;
  readonly keys: ApiKeys;
  /** The current one. */
  readonly surrogateKey: () => Uint8Array;
  readonly changes: ChangeFeed;
  /** How questions of people reach the engines; applications have connections of their own. */
  readonly playground: Pick<PlaygroundParts, 'connections' | 'budgets'>;
  /** What the gateways of this database hold. */
  readonly demand: DemandBoard;
  readonly dataFolder: string;
  readonly modelsFolder: string;
  readonly identity: Config['identity'];
  readonly log: Logger;
  /** What the gateway of this process counts. */
  readonly meter: UsageMeter;
  readonly usage: UsageRows;
  readonly config: Config;
}

export interface FoundationOptions {
  readonly config: Config;
  /** Name of this process among those that write audit records. */
  readonly producer: string;
  readonly parts: Pick<RoleParts, 'admin' | 'sequencer' | 'controller' | 'founds'>;
  readonly log: Logger;
  /** Called with each part that was started, in order; stop them in the reverse one. */
  readonly onStop: (name: string, stop: () => unknown) => void;
}

export async function layGround({ config, producer, parts, log, onStop }: FoundationOptions): Promise<Ground> {
  const told = (message: string) => log.warn({}, message);
  if (parts.founds) await makeDataFolder(config.dataFolder);
  if (parts.founds && config.databaseUrl !== undefined) await upgradeFolder(config.dataFolder, { log: told });
  if (config.vault === undefined) await requireKeysOf(config.dataFolder);
  const { database, announce } = await startDatabase(config, parts, onStop, told);
  const secrets = await openSecrets({ config, make: parts.founds, log: told, onStop });
  const following = new AbortController();
  followRotations(secrets, database, told, following.signal);
  onStop('rotations', () => following.abort());
  if (parts.founds) await requireSameKeys(config.dataFolder, secrets);
  const audit = await openAuditLog({
    ...{ database, secrets, producer, sequences: parts.sequencer, reverifies: parts.admin, log: told },
    acceptsNewKey: await hasNewKeys(config.dataFolder),
    ...(config.witness === undefined ? {} : { witness: await readWitness(config.witness) }),
  });
  await audit.start();
  onStop('audit log', () => audit.stop());
  if (parts.founds) await recordRecovery(config.dataFolder, audit, database.pool);
  return { database, announce, secrets, audit };
}

export async function layFoundation(options: FoundationOptions): Promise<Foundation> {
  const { config, log, onStop } = options;
  const told = (message: string) => log.warn({}, message);
  const ground = await layGround(options);
  const { database, secrets } = ground;

  const store = new PostgresResourceStore({ database });
  store.start();
  onStop('resource store', () => store.stop());
  const changes = createChangeFeed();
  const following = new AbortController();
  await followResources(store, changes, following.signal);
  void database.listen(GATEWAY_CHANNEL, () => changes.tell('policies'), following.signal);
  onStop('change feed', () => following.abort());
  ground.audit.onFinding(() => changes.tell('records'));
  const catalog = new Catalog(catalogSource(store, told));
  await catalog.start();
  onStop('catalog', () => catalog.stop());

  const demand = createDemandBoard(() => performance.now());
  const hearing = new AbortController();
  void hearLoads(database, (gateway, load) => demand.report(gateway, load), hearing.signal);
  onStop('load of gateways', () => hearing.abort());

  const keys = new ApiKeys({
    source: prismaApiKeySource(database),
    pepper: () => secrets.held('api-key-pepper').map((pepper) => pepper.bytes()),
    onError: (error) => log.warn({ code: toAppError(error).code }, 'the keys could not be read again'),
  });
  await keys.start();
  onStop('keys', async () => {
    keys.stop();
    await keys.noteUse();
  });
  const playgroundConnections = new EngineConnections(() => engineBearers(secrets));
  onStop('playground', () => playgroundConnections.stop());
  return {
    ...ground,
    store,
    engine: chooseEngine({ llamaServerPath: config.llamaServer }),
    catalog,
    keys,
    changes,
    playground: { connections: playgroundConnections, budgets: config.budgets },
    demand,
    surrogateKey: () => current(secrets, 'surrogate'),
    dataFolder: config.dataFolder,
    modelsFolder: join(config.dataFolder, 'models'),
    identity: config.identity,
    log,
    meter: createUsageMeter(),
    usage: usageRows(database),
    config,
  };
}

/** The admin listener on these parts; port and data folder are the caller's. */
export async function adminOptions(
  parts: Foundation,
  version: string,
  tls?: TlsFiles,
): Promise<Omit<AdminOptions, 'port' | 'dataFolder'>> {
  const { database, secrets, audit, store, catalog, keys, surrogateKey, changes, log } = parts;
  return {
    version,
    log,
    host: '127.0.0.1',
    health: {
      readiness: () => readiness(database, audit),
      metrics: async () => [
        ...productMetrics((await store.list('Model')).items, audit.status(), parts.demand),
        ...reverifyMetrics(audit.reverification(), new Date()),
        ...gatewayMetrics(parts.meter),
      ],
    },
    accounts: prismaAccountStore(database),
    tokens: prismaTokenStore(database),
    ...(await openIdentity(parts.identity)),
    sessionRows: prismaWebSessionRows(database),
    sessionSecret: () => secrets.held('session').map((secret) => secret.bytes()),
    localToken: makeLocalToken(),
    audit,
    records: audit.records,
    bundle: audit,
    logHealth: createLogHealth({ database, audit }),
    idempotency: prismaIdempotencyRows(database),
    logSearch: {
      page: (options) => audit.search.page(options),
      names: () => audit.search.names(),
      rebuild: () => audit.searchIndex.rebuild(),
    },
    resources: store,
    proposals: proposalRows(database),
    tenantApprovals: async () =>
      (await store.list('Tenant')).items.map(({ metadata: { name }, spec: { policyApproval } }) => ({
        name,
        policyApproval,
      })),
    gateways: () => gatewayRows(database).live(GONE_MS),
    composePolicy: (tenant, model) => {
      const { policy } = findTarget({ tenant }, model, catalog);
      return { policy, sources: policy.sources.flatMap((name) => catalog.policy(name) ?? []) };
    },
    plan: createLocalPlanner({
      folders: { modelsFolder: parts.modelsFolder, bundledModels: BUNDLED_MODELS },
      engines: [parts.engine],
      slots: SLOTS,
      policies: async () => (await store.list('PrivacyPolicy')).items.map(({ metadata }) => metadata.name),
    }),
    engineLogs: createEngineLogReader(join(parts.dataFolder, 'engines')),
    nodes: async () => [{ name: hostname(), processors: availableParallelism(), memory: thisMachine.memory() }],
    secrets: createSecretService({ secrets, audit, database }),
    usage: parts.usage,
    system: () => systemState({ ...parts, version, startedAt: STARTED_AT, tls }),
    keys: createKeyService({
      keys: prismaApiKeyStore(database),
      tenants: async () => tenantsByName((await store.list('Tenant')).items),
      pepper: () => current(secrets, 'api-key-pepper'),
    }),
    changes,
    previewRedaction: async (request) => previewRedaction(request, { keys, catalog, surrogateKey: surrogateKey() }),
    askModel: (question, signal, progress) =>
      askModel(question, { catalog, surrogateKey: surrogateKey(), audit, ...parts.playground }, signal, progress),
  };
}

function current(secrets: RotatingSecrets, name: ReadableSecretName): Uint8Array {
  return secrets.held(name)[0]?.bytes() ?? new Uint8Array();
}

/** The current one first; engines that run may still ask for another one. */
export function engineBearers(secrets: RotatingSecrets): readonly string[] {
  return secrets.held('engine-bearer').map((secret) => Buffer.from(secret.bytes()).toString('hex'));
}

async function startDatabase(
  config: Config,
  parts: FoundationOptions['parts'],
  onStop: FoundationOptions['onStop'],
  log: (message: string) => void,
): Promise<Pick<Ground, 'database' | 'announce'>> {
  const { url, announce, loginRoles } = await startServer(config, parts, onStop, log);
  const database = await openDatabase(url, { loginRoles, migrate: parts.founds ? true : 'require' });
  onStop('database', () => database.stop());
  return { database, announce };
}

interface Server {
  readonly url: string;
  readonly loginRoles: boolean;
  readonly announce: (address: string) => void;
}

/** The company's server, the embedded one of a process that runs already, or one of our own. */
async function startServer(
  { databaseUrl, dataFolder }: Config,
  { controller, founds }: FoundationOptions['parts'],
  onStop: FoundationOptions['onStop'],
  log: (message: string) => void,
): Promise<Server> {
  if (databaseUrl !== undefined) {
    // Two controllers on one folder would end each other's engines; the embedded server takes this lock itself.
    const lock = controller ? await lockFolder(dataFolder) : undefined;
    if (lock !== undefined) onStop('data folder', () => lock.release());
    return { url: databaseUrl, loginRoles: false, announce: (address) => lock?.announce(address) };
  }
  if (!founds) return { url: await attachEmbeddedPostgres(dataFolder), loginRoles: true, announce: () => {} };
  const embedded = await startEmbeddedPostgres(dataFolder, { log });
  onStop('database server', () => embedded.stop());
  return { url: embedded.url, loginRoles: true, announce: (address) => embedded.announce(address) };
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
    watchTenants: (onSnapshot, signal) => watchAll(store, 'Tenant', onSnapshot, { signal, onError }),
  };
}
