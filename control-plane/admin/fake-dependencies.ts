// Doubles of what stands behind the admin listener's ports, for tests: they keep what they are told and answer from
// it. Imports the ports.

import { createHmac, randomBytes } from 'node:crypto';
import { pino } from 'pino';
import type { ResourceKey } from '../../operator/api/metadata.ts';
import type { ApplyOptions } from '../../operator/api/ports.ts';
import type { Kind, Resource } from '../../operator/api/resource.ts';
import { ResourceError } from '../../operator/api/resource-error.ts';
import { fail } from '../errors.ts';
import { effectivePolicy, INTERNAL_POLICY } from '../policy/effective-policy.ts';
import { tenantsByName } from '../policy/tenant-facts.ts';
import type { AdminAudit, AdminRecordDraft } from './admin-audit.ts';
import type { AdminDependencies } from './app.ts';
import { createChangeFeed } from './events/change-feed.ts';
import { memoryIdempotencyRows } from './idempotency/idempotency.ts';
import { memoryTokenStore } from './identity/access-tokens.ts';
import { memoryAccountStore } from './identity/account-store.ts';
import { makeLocalToken } from './identity/local-token.ts';
import { memoryWebSessionRows } from './identity/web-session-store.ts';
import { createKeyService } from './keys/key-service.ts';
import { memoryApiKeyStore } from './keys/memory-api-key-store.ts';
import type { LogHealth } from './log/health-routes.ts';
import { memoryLogSearch } from './log/memory-log-search.ts';
import { memoryProposals } from './proposals/memory-proposals.ts';
import type { LoggedRecord, RecordReader } from './records/records.ts';
import type { ResourcePort, Revision } from './resources/routes.ts';
import { memorySecretService } from './secrets/memory-secret-service.ts';
import type { SystemState } from './system/routes.ts';

export interface FakeAudit extends AdminAudit {
  readonly drafts: AdminRecordDraft[];
  readonly reader: RecordReader;
  /** What is on the record, oldest first. */
  records(): readonly LoggedRecord[];
  /** From now on nothing can be written. */
  break(): void;
}

export function fakeAudit(): FakeAudit {
  const drafts: AdminRecordDraft[] = [];
  const logged: LoggedRecord[] = [];
  const key = randomBytes(32);
  let broken = false;
  const write = (draft: AdminRecordDraft) => {
    const receipt = `imr_${randomBytes(13).toString('hex').toUpperCase()}`;
    drafts.push(draft);
    logged.unshift({ ...draft, receipt, kind: draft.kind, time: new Date().toISOString() });
    return receipt;
  };
  return {
    drafts,
    records: () => logged.toReversed(),
    break: () => {
      broken = true;
    },
    append: async (draft) => {
      if (broken) throw fail('audit_unavailable', { detail: 'The audit log cannot be written.' });
      return write(draft);
    },
    appendLater: (draft) => void write(draft),
    digest: (text) => `hmac-sha256:${createHmac('sha256', key).update(text).digest('base64url')}`,
    reader: {
      find: async (receipt) => {
        const record = logged.find((entry) => entry.receipt === receipt);
        if (record === undefined) return undefined;
        const outcome = logged.find((entry) => entry['intent'] === receipt);
        const proof = { index: logged.indexOf(record), text: 'c2sp.org/tlog-proof@v1\n' };
        const bytes = (of: LoggedRecord) => Buffer.from(JSON.stringify(of));
        return {
          ...{ record, outcome, proof, entry: bytes(record), keys: { first: 'a log of a test', handovers: [] } },
          ...{ outcomeEntry: outcome && bytes(outcome), outcomeProof: outcome && proof },
        };
      },
    },
  };
}

export function fakeResources(): ResourcePort {
  const stored = new Map<string, Resource>();
  const revisions = new Map<string, Revision[]>();
  let version = 0;
  const keyOf = (kind: Kind, { namespace = '', name }: ResourceKey) => `${kind} ${namespace} ${name}`;
  const port = {
    list: async (kind: Kind) => ({
      items: [...stored.values()].filter((resource) => resource.kind === kind),
      resourceVersion: String(version),
    }),
    get: async (kind: Kind, key: ResourceKey) => stored.get(keyOf(kind, key)),
    revisions: async (kind: Kind, key: ResourceKey) => revisions.get(keyOf(kind, key)) ?? [],
    apply: async (resource: Resource, { dryRun = false, by }: ApplyOptions = {}) => {
      const key = keyOf(resource.kind, resource.metadata);
      const before = stored.get(key);
      const wanted = resource.metadata.resourceVersion;
      if (wanted !== undefined && wanted !== before?.metadata.resourceVersion) {
        throw new ResourceError('conflict', 'The resource was changed meanwhile.');
      }
      const next = {
        ...resource,
        metadata: {
          ...resource.metadata,
          generation: generationAfter(before, resource),
          resourceVersion: String(version + 1),
        },
      };
      if (dryRun) return next;
      version += 1;
      stored.set(key, next);
      const facts = { generation: next.metadata.generation, appliedAt: new Date(), spec: next.spec };
      const revision = by === undefined ? facts : { ...facts, by };
      revisions.set(key, [revision, ...(revisions.get(key) ?? [])]);
      return next;
    },
    delete: async (kind: Kind, key: ResourceKey) => {
      const before = stored.get(keyOf(kind, key));
      stored.delete(keyOf(kind, key));
      return before;
    },
  };
  return port as unknown as ResourcePort;
}

function generationAfter(before: Resource | undefined, { spec }: Resource): number {
  const generation = before?.metadata.generation ?? 0;
  return before !== undefined && JSON.stringify(before.spec) === JSON.stringify(spec) ? generation : generation + 1;
}

export function fakeSystem(changes: Partial<SystemState> = {}): SystemState {
  const at = new Date().toISOString();
  const log = { isSequencer: true, lagMs: 12, waiting: 0, lostOutcomes: 0, gaps: 0 };
  return {
    version: '0.0.0-test',
    startedAt: at,
    warnings: [],
    database: { state: 'good', kind: 'company' },
    secrets: { state: 'good', store: 'file' },
    log: { state: 'good', ...log, checkpoint: { size: 1204, signedAt: at } },
    witness: { state: 'good', name: 'witness.example/w1', size: 1204, at },
    certificate: { state: 'good', subject: 'CN=intramuros', names: ['intramuros.example'], expiresAt: at },
    ...changes,
  };
}

export type FakeDependencies = AdminDependencies & { readonly audit: FakeAudit };

export function fakeDependencies(changes: Partial<AdminDependencies> = {}): FakeDependencies {
  const audit = fakeAudit();
  const resources = changes.resources ?? fakeResources();
  return {
    version: '0.0.0-test',
    log: pino({ level: 'silent' }),
    health: {
      readiness: async () => [{ name: 'database', ok: true }],
      metrics: async () => [],
    },
    accounts: memoryAccountStore(),
    tokens: memoryTokenStore(),
    sessionRows: memoryWebSessionRows(),
    sessionSecret: randomBytes(32),
    localToken: makeLocalToken(),
    records: audit.reader,
    logSearch: memoryLogSearch(() => audit.records()),
    bundle: {
      async *files() {
        yield { name: 'checkpoint', data: Buffer.from('intramuros.test/log\n0\n') };
      },
    },
    logHealth: async () => fakeLogHealth(),
    idempotency: memoryIdempotencyRows(),
    resources,
    proposals: memoryProposals(resources),
    tenantApprovals: async () => [],
    gateways: async () => [],
    composePolicy: () => ({ policy: effectivePolicy([INTERNAL_POLICY]), sources: [INTERNAL_POLICY] }),
    plan: async (resources) => ({ text: `${resources.length} resources\n`, feasible: true, plans: [] }),
    engineLogs: async () => [{ replica: 0, lines: ['the model is loaded'] }],
    nodes: async () => [{ name: 'here', processors: 2, memory: { totalBytes: 8 * 2 ** 30, availableBytes: 2 ** 30 } }],
    secrets: memorySecretService(),
    usage: { read: async () => [] },
    system: async () => fakeSystem(),
    keys: createKeyService({
      keys: memoryApiKeyStore(),
      pepper: randomBytes(32),
      tenants: async () => tenantsByName((await resources.list('Tenant')).items),
    }),
    previewRedaction: async ({ body }) => ({ body, counts: {}, policy: 'internal' }),
    askModel: async () => {
      throw fail('model_not_found', { param: 'model', detail: 'There is no model of this name for this key.' });
    },
    changes: createChangeFeed(),
    console: { page: '<!doctype html><title>console</title>', assets: new Map() },
    ...changes,
    audit,
  };
}

/** A log that nobody touched. */
export function fakeLogHealth(changes: Partial<LogHealth> = {}): LogHealth {
  const at = '2026-11-25T08:00:00.000Z';
  return {
    ...{ state: 'sound', size: 1234, lagMs: 0, closed: null, findings: [], gaps: 0, orphans: [], lostOutcomes: 0 },
    checkpoint: { size: 1234, signedAt: at, note: 'log.example/a\n1234\nAAAA\n' },
    reading: { checked: 1234, size: 1234, lastWhole: { at, tookMs: 800, size: 1234 }, problem: null },
    witness: null,
    witnessDisagrees: false,
    ...changes,
  };
}
