// A whole operator on a temporary folder with a memory store, and what tests ask of it.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Condition } from '../../operator/api/conditions.ts';
import { MemoryResourceStore } from '../../operator/api/memory-resource-store.ts';
import { API_VERSION } from '../../operator/api/metadata.ts';
import type { ResourceStore } from '../../operator/api/ports.ts';
import type { Model, ModelSpec } from '../../operator/api/v1alpha1/model.ts';
import { type Operator, type OperatorDependencies, startOperator } from '../../operator/main.ts';
import { scriptedEngine } from './scripted-engine.ts';

export interface Stage extends AsyncDisposable {
  readonly folder: string;
  readonly models: string;
  readonly store: ResourceStore;
  readonly operator: Operator;
  readonly bearer: string;
  apply(name: string, spec: Partial<ModelSpec> & { source: ModelSpec['source'] }): Promise<Model>;
  model(name: string): Promise<Model>;
  condition(name: string, type: string): Promise<Condition | undefined>;
  /** Waits for the condition of the current generation to have this status (and reason). */
  until(
    name: string,
    type: string,
    status: string,
    options?: { reason?: string; withinMs?: number },
  ): Promise<Condition>;
  url(name: string): Promise<string>;
}

export async function openStage(overrides: Partial<OperatorDependencies> = {}): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'intramuros-stage-'));
  const models = join(folder, 'models');
  mkdirSync(models);
  const store = overrides.store ?? new MemoryResourceStore();
  const bearer = randomBytes(16).toString('hex');
  const operator = await startOperator({
    store,
    engines: [scriptedEngine()],
    bearer,
    modelsFolder: models,
    bundledModels: {},
    dataFolder: folder,
    environment: { PATH: process.env['PATH'] ?? '' },
    log: { info() {}, warn() {}, error: (facts, message) => console.error(message, facts) },
    ...overrides,
  });
  const read = async (name: string): Promise<Model> => {
    const found = await store.get('Model', { namespace: 'default', name });
    assert.ok(found !== undefined, `there is no Model ${name}`);
    return found;
  };
  const condition = async (name: string, type: string) =>
    (await read(name)).status?.conditions?.find((each) => each.type === type);
  return {
    folder,
    models,
    store,
    operator,
    bearer,
    model: read,
    condition,
    apply: (name, spec) =>
      store.apply({ apiVersion: API_VERSION, kind: 'Model', metadata: { name }, spec: { replicas: 1, ...spec } }),
    async until(name, type, status, { reason, withinMs = 15_000 } = {}) {
      let last: Condition | undefined;
      return eventually(
        async () => {
          const { metadata, status: seen } = await read(name);
          last = seen?.conditions?.find((each) => each.type === type);
          const current = last?.observedGeneration === metadata.generation;
          return current && last?.status === status && (reason === undefined || last.reason === reason)
            ? last
            : undefined;
        },
        withinMs,
        () => `${type} of ${name} is ${JSON.stringify(last)}, not ${status} ${reason ?? ''}`,
      );
    },
    async url(name) {
      const endpoint = (await read(name)).status?.endpoints?.find(({ ready }) => ready);
      assert.ok(endpoint !== undefined, `${name} has no ready endpoint`);
      return endpoint.url;
    },
    async [Symbol.asyncDispose]() {
      await operator.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Polls until the function answers something; fails with what `describe` says. */
export async function eventually<T>(
  ask: () => Promise<T | undefined> | T | undefined,
  withinMs: number,
  describe: () => string,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) assert.fail(`not within ${withinMs} ms: ${describe()}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
