// `intramuros serve`: the product put together, in one process or in one of its roles (roles.ts). Reads like a list: each
// part is started after what it stands on and stopped in the reverse order, the gateway first and the database last.
// Composition only.

import { randomBytes } from 'node:crypto';
import pino, { type Logger } from 'pino';
import type { Model } from '../../operator/api/v1alpha1/model.ts';
import { type Operator, startOperator } from '../../operator/main.ts';
import { buildConsole } from '../admin/console/build-console.ts';
import { readConsoleFiles } from '../admin/console/serve-console.ts';
import { startProcessMetrics } from '../admin/health/process-metrics.ts';
import { ensureAdminAccount } from '../admin/identity/admin-account.ts';
import { startAdmin } from '../admin/start-admin.ts';
import type { Config } from '../config.ts';
import { toAppError } from '../errors.ts';
import { EngineConnections } from '../gateway/engine-connections.ts';
import { type RunningGateway, startGateway } from '../gateway/gateway.ts';
import { startLoadReports } from '../gateway/load-reports.ts';
import { startPolicyReports } from '../gateway/policy-reports.ts';
import { createRateLimit } from '../gateway/rate-limit.ts';
import { AdvisoryLease } from '../resources/advisory-lease.ts';
import { gatewayRows } from '../resources/gateway-rows.ts';
import { sendLoad } from '../resources/load-channel.ts';
import { openTlsFiles, type TlsFiles } from '../tls/tls-files.ts';
import { assertLlamaServer } from './assert-llama-server.ts';
import { assertPortFree } from './assert-port-free.ts';
import { BUNDLED_MODEL, BUNDLED_MODELS } from './bundled-models.ts';
import { adminOptions, engineBearers, type Foundation, layFoundation, layGround, SLOTS } from './foundation.ts';
import { greetingLines } from './greeting.ts';
import { partsOf, type Role, type RoleParts } from './roles.ts';
import { standingWarnings } from './standing-warnings.ts';
import { createStopList, type StopList } from './stop-parts.ts';
import { untilModelReady } from './until-model-ready.ts';
import { startUsageWriter } from './usage-writer.ts';

const GATEWAY_DRAIN_MS = 5000;
/** Beyond this the end is forced: what still runs dies with us, by its lifeline. */
const STOP_LIMIT_MS = 15_000;

export interface ServeOptions {
  readonly config: Config;
  readonly role: Role;
  readonly version: string;
  readonly write: (line: string) => void;
  /** What engines get of the environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Aborts when the product shall end. */
  readonly signal: AbortSignal;
}

interface Composition extends ServeOptions {
  readonly runs: RoleParts;
  readonly log: Logger;
  readonly parts: StopList;
}

/** Runs until the signal. Resolves to the exit code; throws the AppError that says why it could not start. */
export async function serve(options: ServeOptions): Promise<number> {
  const { config, role, signal } = options;
  const log = pino({ level: config.logLevel, base: null }, pino.destination({ fd: 2, sync: true }));
  const runs = partsOf(role, { hasDatabaseUrl: config.databaseUrl !== undefined });
  const parts = createStopList();
  for (const name of config.unknownVariables) log.warn({ name }, 'a variable that this version does not know is set');
  try {
    await compose({ ...options, runs, log, parts });
    await aborted(signal);
    return 0;
  } finally {
    const limit = setTimeout(() => {
      log.error({}, `the end took longer than ${STOP_LIMIT_MS / 1000} s and was forced`);
      process.exit(1);
    }, STOP_LIMIT_MS);
    await parts.stopAll(log);
    clearTimeout(limit);
  }
}

async function compose(composition: Composition): Promise<void> {
  const { config, role, runs, log, parts, version, write } = composition;
  if (runs.controller) await assertLlamaServer(config.llamaServer);
  if (runs.admin) await assertPortFree(config.host, config.adminPort, 'INTRAMUROS_PORT');
  if (runs.gateway) await assertPortFree(config.host, config.gatewayPort, 'INTRAMUROS_GATEWAY_PORT');
  const base = {
    config,
    // Processes of one role are told apart; of "all" there is one, whose starts are told apart by their epochs.
    producer: role === 'all' ? role : `${role}-${randomBytes(4).toString('hex')}`,
    parts: runs,
    log,
    onStop: (name: string, stop: () => unknown) => parts.add(name, stop),
  };
  for (const { code, message } of standingWarnings(config)) log.warn({ code }, message);
  if (role === 'sequencer') {
    await layGround(base);
    write('ready sequencer');
    return;
  }
  const tls = await openTls(composition);
  // Built while the database starts; whoever waits for it below hears of its failure.
  const consoleFiles = runs.admin ? buildConsole().then(readConsoleFiles) : undefined;
  consoleFiles?.catch(() => {});
  const foundation = await layFoundation(base);
  const { store, secrets } = foundation;
  const admin = await adminOptions(foundation, version, tls);
  if (runs.founds) {
    const { createdPassword } = await ensureAdminAccount({ ...admin, adminPassword: config.adminPassword });
    // Told before anything else can fail: it is shown this once.
    if (createdPassword !== undefined) write(`first password of account admin, shown this once: ${createdPassword}`);
    if ((await store.list('Model')).items.length === 0) await store.apply(bundledModel());
  }
  const bearers = () => engineBearers(secrets);
  const operator = runs.controller ? await openController(foundation, bearers, composition) : undefined;
  const addresses: { admin?: string; gateway?: string } = {};
  if (runs.admin) {
    // The file that leads commands here is that of the process which founds; one that joined serves beside it.
    const processMetrics = startProcessMetrics();
    parts.add('process metrics', async () => processMetrics.stop());
    const running = await startAdmin({
      ...admin,
      health: { ...admin.health, process: processMetrics },
      ...(consoleFiles === undefined ? {} : { console: await consoleFiles }),
      host: config.host,
      port: config.adminPort,
      ...(tls === undefined ? {} : { tls }),
      behindProxy: config.behindProxy,
      publicHosts: () => [...config.publicHosts, ...(tls?.status().names ?? [])],
      ...(runs.founds ? { dataFolder: config.dataFolder } : {}),
    });
    parts.add('admin listener', () => running.stop());
    // Questions of people wait here too, and no gateway of this process tells of them.
    if (!runs.gateway) reportLoads(foundation, randomBytes(4).toString('hex'), composition);
    foundation.announce(running.address);
    addresses.admin = running.address;
  }
  if (runs.gateway) {
    const gateway = await openGateway(foundation, { bearers, tls }, composition);
    addresses.gateway = gateway.address;
  }
  if (operator !== undefined && runs.gateway) await untilServing(operator, foundation, composition);
  if (!composition.signal.aborted) greet(addresses, composition);
}

async function openController(
  { database, store, engine, modelsFolder, demand }: Foundation,
  bearers: () => readonly string[],
  { config, environment, log, parts }: Composition,
): Promise<Operator> {
  const operator = await startOperator({
    store,
    engines: [engine],
    get bearer() {
      return bearers()[0] ?? '';
    },
    demand,
    modelsFolder,
    bundledModels: BUNDLED_MODELS,
    dataFolder: config.dataFolder,
    environment,
    log,
    threads: config.engineThreads,
    slots: SLOTS,
    // The embedded database has one controller, by the lock of its folder; a company's may have several machines.
    ...(config.databaseUrl === undefined ? {} : { lease: new AdvisoryLease({ database }) }),
  });
  parts.add('engines', () => operator.stop());
  return operator;
}

async function openGateway(
  { database, keys, catalog, surrogateKey, audit, meter, usage }: Foundation,
  { bearers, tls }: { readonly bearers: () => readonly string[]; readonly tls: TlsFiles | undefined },
  { config, log, parts }: Composition,
): Promise<RunningGateway> {
  const connections = new EngineConnections(bearers);
  parts.add('engine connections', () => connections.stop());
  const gateway = await startGateway({
    host: config.host,
    port: config.gatewayPort,
    ...(tls === undefined ? {} : { tls }),
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
    meter,
  });
  const name = randomBytes(4).toString('hex');
  reportLoads({ catalog, database }, name, { log, parts });
  const rows = gatewayRows(database);
  const policyReports = startPolicyReports({
    catalog,
    report: (policies) => rows.report(name, policies),
    beat: () => rows.beat(name),
    leave: () => rows.leave(name),
    onError: (error) => log.warn({ code: toAppError(error).code }, 'the policies in force could not be reported'),
  });
  const writer = startUsageWriter({
    meter,
    usage,
    onError: () => log.warn({}, 'the usage could not be written; it waits'),
  });
  parts.add('usage', () => writer.stop());
  parts.add('policy reports', () => policyReports.stop());
  parts.add('gateway', () => gateway.stop(GATEWAY_DRAIN_MS));
  return gateway;
}

/** What waits in this process is told of, so that a model that is asleep is woken for it. */
function reportLoads(
  { catalog, database }: Pick<Foundation, 'catalog' | 'database'>,
  name: string,
  { log, parts }: Pick<Composition, 'log' | 'parts'>,
): void {
  const reports = startLoadReports({
    catalog,
    send: (load) => sendLoad(database, name, load),
    onError: (error) => log.warn({ code: toAppError(error).code }, 'the load could not be reported'),
  });
  parts.add('load reports', () => reports.stop());
}

/** Followed before a listener is there, stopped after the last one. */
async function openTls({ config, log, parts }: Composition): Promise<TlsFiles | undefined> {
  if (config.tls === undefined) return undefined;
  const tls = await openTlsFiles(config.tls, { log: (message) => log.warn({}, message) });
  tls.start();
  parts.add('certificate', () => tls.stop());
  return tls;
}

/** "all" promises an answer from the bundled model once it is ready; its status is of the past until the controller looked. */
async function untilServing(operator: Operator, { store }: Foundation, { signal, log }: Composition): Promise<void> {
  const told = setTimeout(
    () => log.warn({}, 'waiting for the controller: another process on this database may run it'),
    CONTROLLER_TOLD_MS,
  );
  await Promise.race([operator.settled, aborted(signal)]);
  clearTimeout(told);
  await untilModelReady(store, BUNDLED_KEY, signal, (message) => log.warn({}, message));
}

function greet({ admin, gateway }: { admin?: string; gateway?: string }, { config, write }: Composition): void {
  if (admin !== undefined && gateway !== undefined) {
    const certificate = config.tls === undefined ? {} : { certificate: config.tls.certificate };
    for (const line of greetingLines({ admin, gateway, dataFolder: config.dataFolder, ...certificate })) write(line);
  } else write(`ready ${admin ?? gateway ?? ''}`);
}

const CONTROLLER_TOLD_MS = 10_000;
const BUNDLED_KEY = { namespace: 'default', name: BUNDLED_MODEL };

function bundledModel(): Model {
  return {
    apiVersion: 'intramuros.dev/v1alpha1',
    kind: 'Model',
    metadata: BUNDLED_KEY,
    spec: { source: { uri: `bundled://${BUNDLED_MODEL}` }, replicas: 1 },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
