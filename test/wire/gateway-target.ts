// The real gateway in front of a scripted engine, with the parts that it does not judge replaced: the audit log is a
// list, the catalog one model. Every stage of the pipe runs as in the product.

import { randomBytes } from 'node:crypto';
import pino from 'pino';
import { ApiKeys, makeApiKey } from '../../control-plane/gateway/api-keys.ts';
import { EngineConnections } from '../../control-plane/gateway/engine-connections.ts';
import { lineOf } from '../../control-plane/gateway/fake-line.ts';
import { type GatewayDependencies, startGateway } from '../../control-plane/gateway/gateway.ts';
import { createPlaces } from '../../control-plane/gateway/places.ts';
import { createRateLimit } from '../../control-plane/gateway/rate-limit.ts';
import { INTERNAL_POLICY } from '../../control-plane/policy/effective-policy.ts';
import { BUILT_IN_TENANT } from '../../control-plane/policy/tenant-facts.ts';

export const MODEL = 'm';

export interface GatewayTarget {
  readonly url: string;
  readonly key: string;
  /** Everything that was recorded, in order. */
  readonly records: unknown[];
  /** Everything that was logged. */
  readonly logLines: string[];
  stop(): Promise<void>;
}

export interface GatewayOptions {
  readonly maxBodyBytes?: number;
  readonly requestsPerMinute?: number;
  /** What the engine wants to hear. */
  readonly bearer?: string;
}

export async function startGatewayTarget(engineUrl: string, options: GatewayOptions = {}): Promise<GatewayTarget> {
  const pepper = randomBytes(32);
  const key = makeApiKey(pepper);
  const source = {
    list: () =>
      Promise.resolve([
        {
          id: 'k1',
          name: 'test',
          tenant: 'default',
          dataClass: 'internal',
          prefix: key.prefix,
          hash: key.hash,
        } as const,
      ]),
    onChange: () => undefined,
  };
  const keys = new ApiKeys({ source, pepper, onError: fail });
  await keys.start();
  const connections = new EngineConnections(options.bearer ?? 'engine-bearer');
  const records: unknown[] = [];
  const logLines: string[] = [];
  let receipts = 0;
  const newReceipt = (): string => {
    receipts += 1;
    return `imr_${String(receipts).padStart(26, '0')}`;
  };
  const replicas = [{ url: engineUrl, revision: 'r1', places: createPlaces(512) }];
  const model = {
    namespace: 'default',
    name: MODEL,
    generation: 1,
    weightsDigest: undefined,
    policyName: INTERNAL_POLICY.name,
    answerSchema: undefined,
    ready: true,
    reason: undefined,
    createdAtS: 1_700_000_000,
    replicas,
    line: lineOf(replicas),
  };
  const dependencies = {
    host: '127.0.0.1',
    port: 0,
    keys,
    catalog: {
      model: (_: string, name: string) => (name === MODEL ? model : undefined),
      models: () => [model],
      policy: () => INTERNAL_POLICY,
      tenant: () => BUILT_IN_TENANT,
    },
    audit: {
      append: (draft: object) => {
        const receipt = newReceipt();
        records.push({ receipt, ...draft });
        return Promise.resolve(receipt);
      },
      appendLater: (draft: object) => void records.push(draft),
      digest: () => 'hmac-sha256:test',
      newReceipt,
    },
    admission: {
      rateLimit: createRateLimit(options.requestsPerMinute ?? 1_000_000),
      maxBodyBytes: options.maxBodyBytes ?? 4 * 1024 * 1024,
      now: () => performance.now(),
    },
    surrogateKey: randomBytes(32),
    connections,
    budgets: { queueMs: 60_000, firstByteMs: 60_000, betweenBytesMs: 5000 },
    log: pino({ level: 'trace' }, { write: (line: string) => void logLines.push(line) }),
    ready: () => true,
    limits: {},
  } satisfies Record<Exclude<keyof GatewayDependencies, 'tls' | 'meter'>, unknown>;
  const gateway = await startGateway(dependencies);
  return {
    url: gateway.address,
    key: key.text,
    records,
    logLines,
    async stop() {
      await gateway.stop(1000);
      await connections.stop();
      keys.stop();
    },
  };
}

function fail(error: unknown): never {
  throw error;
}
