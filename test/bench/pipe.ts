// Our gateway in a process of its own: the pipe of the product (`full`), or composed with stages left out (`bare`,
// `redacting`, `recording`). `node pipe.ts KIND UPSTREAM [DATABASE_URL]`. What only the product's surroundings give is
// made here: one model, one key, and an audit log whose sequencer works in this process, as in `npm start`.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import pino from 'pino';
import { openAuditLog } from '../../control-plane/audit/audit-log.ts';
import { MemoryAuditLog } from '../../control-plane/audit/memory-audit-log.ts';
import { openDatabase } from '../../control-plane/database/database.ts';
import { ApiKeys, makeApiKey } from '../../control-plane/gateway/api-keys.ts';
import { EngineConnections } from '../../control-plane/gateway/engine-connections.ts';
import { lineOf } from '../../control-plane/gateway/fake-line.ts';
import { type GatewayDependencies, startGateway } from '../../control-plane/gateway/gateway.ts';
import { createPlaces } from '../../control-plane/gateway/places.ts';
import { createRateLimit } from '../../control-plane/gateway/rate-limit.ts';
import { INTERNAL_POLICY } from '../../control-plane/policy/effective-policy.ts';
import { BUILT_IN_TENANT } from '../../control-plane/policy/tenant-facts.ts';
import { memorySecrets } from '../../control-plane/secrets/memory-secrets.ts';
import { createComposedPipe, type StageTimes } from './composed-pipe.ts';
import { serveAsPart } from './part.ts';
import { percentile } from './samples.ts';

export type PipeKind = 'bare' | 'redacting' | 'recording' | 'full';

const [kind = 'full', upstream = '', databaseUrl] = process.argv.slice(2);
const stops: (() => unknown)[] = [];

async function openAudit(): Promise<GatewayDependencies['audit']> {
  if (databaseUrl === undefined) return forgetful();
  const database = await openDatabase(databaseUrl, { loginRoles: true, migrate: false });
  const audit = await openAuditLog({ database, secrets: memorySecrets(), producer: `bench-${kind}` });
  await audit.start();
  stops.unshift(
    () => database.stop(),
    () => audit.stop(),
  );
  return audit;
}

/** For the pipes that record nothing. */
function forgetful(): GatewayDependencies['audit'] {
  const audit = new MemoryAuditLog();
  return {
    append: async () => audit.newReceipt(),
    appendLater: () => undefined,
    digest: (text) => audit.digest(text),
    newReceipt: () => audit.newReceipt(),
  };
}

const pepper = randomBytes(32);
const key = makeApiKey(pepper);
const keys = new ApiKeys({
  source: {
    list: async () => [
      { id: 'k', name: 'bench', tenant: 'default', dataClass: 'internal', prefix: key.prefix, hash: key.hash },
    ],
    onChange: () => undefined,
  },
  pepper,
  onError: () => undefined,
});
await keys.start();

const replicas = [{ url: upstream, revision: 'r1', places: createPlaces(1024) }];
const model = {
  ...{ namespace: 'default', name: 'bench', generation: 1, weightsDigest: undefined, ready: true, reason: undefined },
  ...{ policyName: INTERNAL_POLICY.name, answerSchema: undefined, createdAtS: 1_700_000_000 },
  replicas,
  line: lineOf(replicas),
};
const connections = new EngineConnections('engine-bearer');
const dependencies: GatewayDependencies = {
  host: '127.0.0.1',
  port: 0,
  keys,
  catalog: {
    model: (_, name) => (name === model.name ? model : undefined),
    models: () => [model],
    policy: () => INTERNAL_POLICY,
    tenant: () => BUILT_IN_TENANT,
  },
  audit: await openAudit(),
  admission: {
    rateLimit: createRateLimit(100_000_000),
    maxBodyBytes: 4 * 2 ** 20,
    now: () => performance.now(),
  },
  surrogateKey: randomBytes(32),
  connections,
  budgets: { queueMs: 60_000, firstByteMs: 60_000, betweenBytesMs: 60_000 },
  // A line for each request is written as in the product, to where nobody reads it.
  log: pino({ base: null }, pino.destination({ dest: '/dev/null', sync: true })),
  ready: () => true,
};

const times: StageTimes = { redactMs: [], intentMs: [] };

async function listen(): Promise<string> {
  if (kind === 'full') {
    const gateway = await startGateway(dependencies);
    stops.push(() => gateway.stop(0));
    return gateway.address;
  }
  const stages = { redacts: kind === 'redacting', records: kind === 'recording' };
  const server = createComposedPipe(dependencies, stages, times);
  server.keepAliveTimeout = 75_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(() => server.closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What the stages took since the last time this was asked. */
function takeTimes() {
  const told = {
    redactMs: { p50: percentile(times.redactMs, 0.5), p99: percentile(times.redactMs, 0.99) },
    intentMs: { p50: percentile(times.intentMs, 0.5), p99: percentile(times.intentMs, 0.99) },
  };
  times.redactMs.length = 0;
  times.intentMs.length = 0;
  return told;
}

async function stop(): Promise<void> {
  for (const end of stops.toReversed()) await end();
  await connections.stop();
}

serveAsPart({ url: await listen(), key: key.text }, stop, { times: takeTimes });
