// Several whole gateways on one real PostgreSQL and one scripted engine: each with a catalog of its own, fed by its own
// watch of the resource store, and reporting what it answers under as a process of its own would.

import { randomBytes } from 'node:crypto';
import pino from 'pino';
import type { DatabaseAuditLog } from '../../control-plane/audit/audit-log.ts';
import { ApiKeys, makeApiKey } from '../../control-plane/gateway/api-keys.ts';
import { Catalog } from '../../control-plane/gateway/catalog.ts';
import { EngineConnections } from '../../control-plane/gateway/engine-connections.ts';
import { startGateway } from '../../control-plane/gateway/gateway.ts';
import { startPolicyReports } from '../../control-plane/gateway/policy-reports.ts';
import { createRateLimit } from '../../control-plane/gateway/rate-limit.ts';
import { gatewayRows } from '../../control-plane/resources/gateway-rows.ts';
import { PostgresResourceStore } from '../../control-plane/resources/postgres-resource-store.ts';
import type { Model, ModelStatus } from '../../operator/api/v1alpha1/model.ts';
import { watchAll } from '../../operator/kube/reflector.ts';
import type { TemporaryDatabase } from '../database/temporary-database.ts';

export const BEAT_MS = 200;
/** As in the product: three beats and a little. */
export const GONE_MS = 3 * BEAT_MS + 400;
export const BUDGETS = { queueMs: 2000, firstByteMs: 5000, betweenBytesMs: 5000 };

export interface GatewayOnPostgres {
  readonly catalog: Catalog;
  readonly connections: EngineConnections;
  readonly address: string;
  /** The body that a caller gets for one user turn, and the receipt of its record. */
  chat(text: string): Promise<{ readonly status: number; readonly receipt: string; readonly body: unknown }>;
  /** As a process that is killed: it says nothing more, and takes nothing back. */
  die(): void;
  stop(): Promise<void>;
}

export interface GatewayOptions {
  readonly database: TemporaryDatabase;
  readonly audit: DatabaseAuditLog;
  readonly surrogateKey: Uint8Array;
  /** Instead of one key of the tenant default. */
  readonly keys?: ApiKeys;
}

export async function startGatewayOnPostgres({ database, audit, surrogateKey, ...given }: GatewayOptions) {
  const store = new PostgresResourceStore({ database });
  store.start();
  const catalog = new Catalog({
    watchModels: (onSnapshot, signal) => watchAll(store, 'Model', onSnapshot, { signal }),
    watchPolicies: (onSnapshot, signal) => watchAll(store, 'PrivacyPolicy', onSnapshot, { signal }),
    watchTenants: (onSnapshot, signal) => watchAll(store, 'Tenant', onSnapshot, { signal }),
  });
  await catalog.start();
  const pepper = randomBytes(32);
  const key = makeApiKey(pepper);
  const own = new ApiKeys({
    source: {
      list: async () => [{ id: 'k', name: 'k', tenant: 'default', dataClass: 'internal', ...key }],
      onChange: () => undefined,
    },
    pepper,
    onError: () => undefined,
  });
  await own.start();
  const keys = given.keys ?? own;
  const connections = new EngineConnections(randomBytes(8).toString('hex'));
  const gateway = await startGateway({
    ...{ host: '127.0.0.1', port: 0, keys, catalog, audit, connections, surrogateKey, budgets: BUDGETS },
    admission: { rateLimit: createRateLimit(100_000), maxBodyBytes: 65_536, now: () => performance.now() },
    log: pino({ level: 'silent' }),
    ready: () => true,
  });
  const rows = gatewayRows(database);
  const name = randomBytes(4).toString('hex');
  let dead = false;
  const reports = startPolicyReports({
    catalog,
    report: async (policies) => (dead ? undefined : rows.report(name, policies)),
    beat: async () => dead || rows.beat(name),
    leave: async () => (dead ? undefined : rows.leave(name)),
    onError: () => undefined,
    beatMs: BEAT_MS,
  });
  const running: GatewayOnPostgres = {
    ...{ catalog, connections, address: gateway.address },
    async chat(content) {
      const answer = await fetch(`${gateway.address}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key.text}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] }),
      });
      const receipt = answer.headers.get('x-intramuros-receipt') ?? '';
      return { status: answer.status, receipt, body: await answer.json() };
    },
    die: () => {
      dead = true;
    },
    async stop() {
      await reports.stop();
      await gateway.stop(0);
      await connections.stop();
      own.stop();
      catalog.stop();
      store.stop();
    },
  };
  return running;
}

/** A Model `m` under the policy, ready, whose engine answers at the address. */
export async function serveModel(store: PostgresResourceStore, url: string, policy: string): Promise<void> {
  const model: Model = {
    apiVersion: 'intramuros.dev/v1alpha1',
    kind: 'Model',
    metadata: { name: 'm' },
    spec: { source: { uri: 'file:///weights/m.gguf' }, replicas: 1, privacy: { policy } },
  };
  const { metadata } = await store.apply(model);
  const lastTransitionTime = new Date().toISOString();
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: 'Answers',
    message: 'It answers.',
    lastTransitionTime,
  } as const;
  const status: ModelStatus = {
    observedGeneration: 1,
    conditions: [ready],
    endpoints: [{ url, revision: 'r0', ready: true, slots: 4 }],
  };
  await store.patchStatus('Model', { namespace: 'default', name: 'm' }, status, metadata.resourceVersion ?? '');
}
