// The plan of resources on this machine: looks at the weights, asks the engines what they need, and lets the planning
// room decide, as the controller would. Nothing is started. Used by `plan -f` and, handed in by main.ts, by the API.

import type { Resource } from '../../operator/api/resource.ts';
import type { Model } from '../../operator/api/v1alpha1/model.ts';
import { needsOf } from '../../operator/controller/needs.ts';
import type { Engine } from '../../operator/engines/engine.ts';
import { planResources, renderPlan } from '../../operator/planning/plan-resources.ts';
import type { VerifiedSource, WantedAdapter } from '../../operator/planning/world.ts';
import { DigestCache } from '../../operator/runtime/local/digest-cache.ts';
import { inspectSource } from '../../operator/runtime/local/inspect-source.ts';
import { type AdapterInspection, inspectAdapterSource } from '../../operator/runtime/local/local-adapters.ts';
import type { Folders } from '../../operator/runtime/local/locate.ts';
import { thisMachine } from '../../operator/runtime/local/machine.ts';
import type { InspectedSource } from '../../operator/runtime/sources.ts';
import type { Planner } from '../admin/resources/plan-routes.ts';

export interface LocalPlannerDependencies {
  readonly folders: Folders;
  /** In the order of preference. */
  readonly engines: readonly Engine[];
  /** Requests that one process is offered at a time. */
  readonly slots: number;
  /** Where computed digests are remembered; without it they are computed anew. */
  readonly digestFile?: string;
  /** Names of the policies that exist, where something runs that knows. */
  policies?(): Promise<readonly string[]>;
}

export function createLocalPlanner(dependencies: LocalPlannerDependencies): Planner {
  const { engines, slots, folders, digestFile } = dependencies;
  const inspection = { folders, digests: new DigestCache(digestFile), signal: new AbortController().signal };
  return async (resources) => {
    const sources = new Map<Model, InspectedSource>();
    const adapters = new Map<Model, readonly WantedAdapter[]>();
    for (const model of resources.filter(isModel)) {
      const weights = await inspectSource(model.spec.source, inspection);
      sources.set(model, weights);
      if (weights.state === 'verified') adapters.set(model, await inspectAdapters(model, weights, inspection));
    }
    const facts = {
      source: (model: Model) => sources.get(model) ?? NOT_LOOKED_AT,
      needs: (model: Model) => {
        const source = sources.get(model);
        return source?.state === 'verified' ? needsOf(engines, source.facts, model.spec, slots) : undefined;
      },
      adapters: (model: Model) => adapters.get(model) ?? [],
      memory: thisMachine.memory(),
      policies: (await dependencies.policies?.()) ?? [],
    };
    const plan = planResources(resources, facts, new Date());
    return {
      text: renderPlan(plan),
      feasible: plan.feasible,
      plans: plan.models.map(({ key, plan: { status, workloads }, needs }) => {
        const { bytesAt: _function, ...told } = needs ?? {};
        return { key, status, workloads, ...(needs === undefined ? {} : { needs: told }) };
      }),
    };
  };
}

async function inspectAdapters(
  { spec }: Model,
  { path, embeddingOnly }: Pick<VerifiedSource, 'path' | 'embeddingOnly'>,
  inspection: AdapterInspection,
): Promise<readonly WantedAdapter[]> {
  const looks = (spec.adapters ?? []).map(async ({ name, scale, source }) => {
    const file = await inspectAdapterSource({ source, weights: path, embeddingOnly }, inspection);
    return { name, scale, file };
  });
  return Promise.all(looks);
}

const NOT_LOOKED_AT = { state: 'verifying', bytesDone: 0, bytesTotal: 0 } as const;

function isModel(resource: Resource): resource is Model {
  return resource.kind === 'Model';
}
