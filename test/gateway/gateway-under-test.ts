// The whole gateway on scripted engines: every stage and the real catalog, fed by hand; the audit log is kept in
// memory. Tests change what it knows (models, policies, the log's health) while it runs.

import { randomBytes } from 'node:crypto';
import pino from 'pino';
import { MemoryAuditLog } from '../../control-plane/audit/memory-audit-log.ts';
import { ApiKeys, makeApiKey, type StoredApiKey } from '../../control-plane/gateway/api-keys.ts';
import { Catalog } from '../../control-plane/gateway/catalog.ts';
import type { ConnectionLimits } from '../../control-plane/gateway/connection-limits.ts';
import { EngineConnections } from '../../control-plane/gateway/engine-connections.ts';
import { startGateway } from '../../control-plane/gateway/gateway.ts';
import { createRateLimit } from '../../control-plane/gateway/rate-limit.ts';
import type { TlsFiles } from '../../control-plane/tls/tls-files.ts';
import type { AdapterStatus, EndpointAdapter } from '../../operator/api/v1alpha1/adapters.ts';
import type { Model, ModelSpec } from '../../operator/api/v1alpha1/model.ts';
import type { PrivacyPolicy } from '../../operator/api/v1alpha1/privacy-policy.ts';
import type { Tenant, TenantSpec } from '../../operator/api/v1alpha1/tenant.ts';

export interface TestOptions {
  readonly engines?: readonly string[];
  readonly slots?: number;
  /** Adapters that each engine has loaded, in the order of the engines. */
  readonly engineAdapters?: readonly EndpointAdapter[][];
  /** What the status says of the adapters of the spec. */
  readonly adapters?: readonly AdapterStatus[];
  readonly policy?: string;
  readonly policies?: readonly PrivacyPolicy[];
  readonly answerSchema?: Record<string, unknown>;
  /** With it, requests wait while there is no engine. */
  readonly scaling?: ModelSpec['scaling'];
  readonly queueMs?: number;
  readonly firstByteMs?: number;
  readonly betweenBytesMs?: number;
  readonly maxBodyBytes?: number;
  readonly requestsPerMinute?: number;
  readonly limits?: Partial<ConnectionLimits>;
  readonly tls?: TlsFiles;
  /** What it logs is made and thrown away: a test that measures memory must not keep it. */
  readonly forgetful?: boolean;
}

type Init = Omit<RequestInit, 'headers'> & { readonly headers?: Readonly<Record<string, string>> };

export type GatewayUnderTest = Awaited<ReturnType<typeof startGatewayUnderTest>>;

export async function startGatewayUnderTest(options: TestOptions = {}) {
  const pepper = randomBytes(32);
  const [mine, foreign] = [makeApiKey(pepper), makeApiKey(pepper)];
  const stored = (id: string, tenant: string, { prefix, hash }: typeof mine): StoredApiKey => ({
    ...{ id, name: id, tenant, dataClass: 'internal', prefix, hash },
  });
  const keys = new ApiKeys({
    source: {
      list: async () => [stored('k1', 'default', mine), stored('k2', 'other', foreign)],
      onChange: () => undefined,
    },
    pepper,
    onError: () => undefined,
  });
  await keys.start();
  let takeModels: (models: readonly Model[]) => void = () => undefined;
  let takeTenants: (tenants: readonly Tenant[]) => void = () => undefined;
  let takePolicies: (policies: readonly PrivacyPolicy[]) => void = () => undefined;
  const catalog = new Catalog({
    watchModels: async (onSnapshot) => {
      takeModels = onSnapshot;
      onSnapshot([modelOf(options)]);
    },
    watchPolicies: async (onSnapshot) => {
      takePolicies = onSnapshot;
      onSnapshot(options.policies ?? []);
    },
    watchTenants: async (onSnapshot) => {
      takeTenants = onSnapshot;
      onSnapshot([tenantOf('other')]);
    },
  });
  await catalog.start();
  const audit = new MemoryAuditLog();
  const connections = new EngineConnections(randomBytes(8).toString('hex'));
  const logLines: string[] = [];
  const gateway = await startGateway({
    host: '127.0.0.1',
    port: 0,
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    keys,
    catalog,
    audit,
    connections,
    surrogateKey: randomBytes(32),
    admission: {
      rateLimit: createRateLimit(options.requestsPerMinute ?? 100_000),
      maxBodyBytes: options.maxBodyBytes ?? 64 * 1024,
      now: () => performance.now(),
    },
    budgets: {
      queueMs: options.queueMs ?? 5000,
      firstByteMs: options.firstByteMs ?? 5000,
      betweenBytesMs: options.betweenBytesMs ?? 5000,
    },
    log: pino(
      { level: 'trace' },
      { write: (line: string) => void (options.forgetful === true || logLines.push(line)) },
    ),
    ready: () => !audit.isClosed,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  const send = (path: string, init: Init = {}, key = mine.text): Promise<Response> =>
    fetch(gateway.address + path, {
      ...init,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...init.headers },
    });
  return {
    address: gateway.address,
    key: mine.text,
    foreignKey: foreign.text,
    audit,
    logLines,
    catalog,
    send,
    setModel: (change: TestOptions) => takeModels([modelOf({ ...options, ...change })]),
    setPolicies: (policies: readonly PrivacyPolicy[]) => takePolicies(policies),
    setTenants: (tenants: readonly Tenant[]) => takeTenants(tenants),
    dropModels: () => takeModels([]),
    chat: (body: object = {}, init: Init = {}): Promise<Response> =>
      send('/v1/chat/completions', { method: 'POST', body: JSON.stringify({ ...CHAT, ...body }), ...init }),
    /** Codes of all outcomes so far, in order. */
    outcomes: () =>
      audit.records.filter(({ kind }) => kind === 'outcome').map(({ outcome }) => (outcome as { code: string }).code),
    records: (kind: string) => audit.records.filter((record) => record.kind === kind),
    busy: () => (catalog.model('default', 'm')?.replicas ?? []).reduce((sum, { places }) => sum + places.busy, 0),
    waiting: () => catalog.model('default', 'm')?.line.waiting ?? 0,
    stop: (drainMs = 200) => gateway.stop(drainMs),
    async end() {
      await gateway.stop(0);
      await connections.stop();
      catalog.stop();
      keys.stop();
    },
  };
}

export const CHAT = { model: 'm', messages: [{ role: 'user', content: 'hello' }] };

export function tenantOf(name: string, spec: Partial<TenantSpec> = {}): Tenant {
  return {
    apiVersion: 'intramuros.dev/v1alpha1',
    kind: 'Tenant',
    metadata: { name, generation: 1 },
    spec: { policyApproval: 'none', ...spec },
  };
}

function modelOf(options: TestOptions): Model {
  const engines = options.engines ?? [];
  return {
    apiVersion: 'intramuros.dev/v1alpha1',
    kind: 'Model',
    metadata: { name: 'm', namespace: 'default', generation: 1 },
    spec: {
      source: { uri: 'bundled://m' },
      ...(options.scaling === undefined ? { replicas: engines.length } : { scaling: options.scaling }),
      ...(options.adapters && {
        adapters: options.adapters.map(({ name }) => ({ name, source: { uri: `bundled://${name}` }, scale: 1 })),
      }),
      ...(options.policy === undefined ? {} : { privacy: { policy: options.policy } }),
    },
    status: {
      ...(options.answerSchema === undefined ? {} : { answerSchema: options.answerSchema }),
      ...(options.adapters && { adapters: [...options.adapters] }),
      endpoints: engines.map((url, at) => ({
        ...{ url, revision: `r${at}`, ready: true, slots: options.slots ?? 4 },
        ...(options.engineAdapters?.[at] && { adapters: options.engineAdapters[at] }),
      })),
    },
  };
}

export function blocking(name: string): PrivacyPolicy {
  return {
    apiVersion: 'intramuros.dev/v1alpha1',
    kind: 'PrivacyPolicy',
    metadata: { name },
    spec: { default: 'block', keep: [], minScore: 0.5 },
  };
}

/** Waits until something holds; fails after two seconds. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 2000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The error of an answer, in OpenAI's shape. */
export async function errorOf(response: Response): Promise<{ code: string; param: string | null; message: string }> {
  return ((await response.json()) as { error: { code: string; param: string | null; message: string } }).error;
}

export function whole(content: string): string {
  return JSON.stringify({
    ...{ id: 'c', object: 'chat.completion', created: 1, model: 'm' },
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
  });
}

export function event(content: string): string {
  const choices = [{ index: 0, delta: { content }, finish_reason: null }];
  return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices })}\n\n`;
}

export const DONE = 'data: [DONE]\n\n';
export const SSE = { 'content-type': 'text/event-stream' };
