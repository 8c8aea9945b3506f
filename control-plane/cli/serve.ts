// `intramuros serve`: the product put together on one machine. Reads like a list: each part is started after what it
// stands on and stopped in the reverse order, the gateway first and the database last. Composition only.

import pino from 'pino';
import type { Model } from '../../operator/api/v1alpha1/model.ts';
import { startOperator } from '../../operator/main.ts';
import { ensureAdminAccount } from '../admin/identity/admin-account.ts';
import { startAdmin } from '../admin/start-admin.ts';
import type { Config } from '../config.ts';
import { EngineConnections } from '../gateway/engine-connections.ts';
import { startGateway } from '../gateway/gateway.ts';
import { createRateLimit } from '../gateway/rate-limit.ts';
import { assertLlamaServer } from './assert-llama-server.ts';
import { assertPortFree } from './assert-port-free.ts';
import { BUNDLED_MODEL, BUNDLED_MODELS } from './bundled-models.ts';
import { adminOptions, HOST, layFoundation, SLOTS } from './foundation.ts';
import { greetingLines } from './greeting.ts';
import { createStopList } from './stop-parts.ts';
import { untilModelReady } from './until-model-ready.ts';

const GATEWAY_DRAIN_MS = 5000;
/** Beyond this the end is forced: what still runs dies with us, by its lifeline. */
const STOP_LIMIT_MS = 15_000;

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
  const parts = createStopList();
  for (const name of config.unknownVariables) log.warn({ name }, 'a variable that this version does not know is set');
  try {
    await assertLlamaServer(config.llamaServer);
    await assertPortFree(HOST, config.adminPort, 'INTRAMUROS_PORT');
    await assertPortFree(HOST, config.gatewayPort, 'INTRAMUROS_GATEWAY_PORT');
    const foundation = await layFoundation({
      config,
      producer: 'all',
      log,
      onStop: (name, stop) => parts.add(name, stop),
    });
    const { store, audit, secrets, engine, catalog, keys, surrogateKey } = foundation;
    const admin = await adminOptions(foundation, version);
    const { createdPassword } = await ensureAdminAccount({ ...admin, adminPassword: config.adminPassword });
    // Told before anything else can fail: it is shown this once.
    if (createdPassword !== undefined) write(`first password of account admin, shown this once: ${createdPassword}`);
    if ((await store.list('Model')).items.length === 0) await store.apply(bundledModel());

    const bearer = Buffer.from((await secrets.read('engine-bearer')).bytes()).toString('hex');
    const operator = await startOperator({
      store,
      engines: [engine],
      bearer,
      modelsFolder: foundation.modelsFolder,
      bundledModels: BUNDLED_MODELS,
      dataFolder: config.dataFolder,
      environment,
      log,
      threads: config.engineThreads,
      slots: SLOTS,
    });
    parts.add('engines', () => operator.stop());

    const running = await startAdmin({ ...admin, port: config.adminPort, dataFolder: config.dataFolder });
    parts.add('admin listener', () => running.stop());
    foundation.announce(running.address);
    const connections = new EngineConnections(bearer);
    parts.add('engine connections', () => connections.stop());
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
    parts.add('gateway', () => gateway.stop(GATEWAY_DRAIN_MS));

    await operator.settled;
    await untilModelReady(store, BUNDLED_KEY, signal, (message) => log.warn({}, message));
    if (!signal.aborted) {
      const { dataFolder } = config;
      for (const line of greetingLines({ admin: running.address, gateway: gateway.address, dataFolder })) write(line);
    }
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
