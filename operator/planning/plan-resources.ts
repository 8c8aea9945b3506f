// What a set of resources would come to on this machine, without starting anything: `intramuros plan -f`, a dry run, and
// the console's "what would change". Rests on the same planModel as the controller. Pure.
import { formatKey } from '../api/metadata.ts';
import type { Resource } from '../api/resource.ts';
import { BUILT_IN_POLICY, type Model } from '../api/v1alpha1/model.ts';
import { adaptersPart } from './adapters.ts';
import { breakdown, gib } from './fit.ts';
import { type ModelPlan, planModel } from './plan.ts';
import { currentReplicas } from './scale.ts';
import type { EngineNeeds, MachineMemory, ModelWorld, SourceState, WantedAdapter } from './world.ts';

export interface PlanFacts {
  /** What is known of the weights of a Model. */
  source(model: Model): SourceState;
  /** What the engine needs for them; absent when the source is not verified. */
  needs(model: Model): EngineNeeds | undefined;
  /** What is known of its adapters, in the order of the spec. */
  adapters?(model: Model): readonly WantedAdapter[];
  readonly memory: MachineMemory;
  /** Names of policies that exist beside those among the resources. */
  readonly policies: readonly string[];
}

export interface PlannedModel {
  readonly key: string;
  readonly model: Model;
  readonly plan: ModelPlan;
  readonly needs: EngineNeeds | undefined;
}

export interface ResourcePlan {
  readonly models: readonly PlannedModel[];
  readonly memory: MachineMemory;
  /** Every Model could be started with all its replicas. */
  readonly feasible: boolean;
}

/** Models are admitted in the order given; each takes its memory from what the ones before it left. */
export function planResources(resources: readonly Resource[], facts: PlanFacts, now: Date): ResourcePlan {
  const policies = new Set([
    BUILT_IN_POLICY,
    ...facts.policies,
    ...resources.filter(({ kind }) => kind === 'PrivacyPolicy').map(({ metadata }) => metadata.name),
  ]);
  let promisedBytes = 0;
  const models = resources
    .filter((resource): resource is Model => resource.kind === 'Model')
    .map((model) => {
      const needs = facts.needs(model);
      const plan = planModel(
        {
          model,
          policyExists: policies.has(model.spec.privacy?.policy ?? BUILT_IN_POLICY),
          source: facts.source(model),
          ...(needs === undefined ? {} : { needs }),
          adapters: facts.adapters?.(model) ?? [],
          workloads: [],
          ...atMost(model),
          memory: facts.memory,
          promisedBytes,
        },
        now,
      );
      promisedBytes += plan.workloads.reduce((sum, { replicas, memoryBytes }) => sum + replicas * memoryBytes, 0);
      return { key: formatKey(model.metadata), model, plan, needs: adaptersPart(needs, facts.adapters?.(model) ?? []) };
    });
  return { models, memory: facts.memory, feasible: models.every(isFeasible) };
}

/** With spec.scaling the question is whether the most that it may ask for would fit. */
function atMost({ spec: { scaling } }: Model): Pick<ModelWorld, 'scaling'> {
  if (scaling === undefined) return {};
  const { min, max } = scaling;
  const most = Math.max(max, ...(scaling.schedules ?? []).map((schedule) => schedule.max));
  return { scaling: { wanted: most, min, max, decisions: [] } };
}

function mostReplicas(model: Model): number {
  return atMost(model).scaling?.wanted ?? currentReplicas(model);
}

function isFeasible({ model, plan }: PlannedModel): boolean {
  const planned = plan.workloads.reduce((sum, { replicas }) => sum + replicas, 0);
  const policyMissing = plan.status.conditions?.some(({ reason }) => reason === 'PolicyNotFound') ?? false;
  return planned === mostReplicas(model) && !policyMissing;
}

/** The plan as text for a terminal. */
export function renderPlan({ models, memory }: ResourcePlan): string {
  const lines = models.flatMap(renderModel);
  lines.push(`Memory: ${gib(memory.availableBytes)} of ${gib(memory.totalBytes)} are free.`);
  return `${lines.join('\n')}\n`;
}

/** Conditions that are known before anything runs. */
const PLANNED: ReadonlySet<string> = new Set(['SourceVerified', 'Fits', 'AdaptersReady']);

function renderModel({ key, model, plan, needs }: PlannedModel): string[] {
  const { conditions = [], weights } = plan.status;
  const lines = [`Model ${key}`];
  if (weights !== undefined) {
    lines.push(
      `  weights     ${weights.architecture ?? '?'}, ${weights.quantisation ?? '?'}, ${gib(weights.bytes ?? 0)}`,
    );
  }
  if (needs !== undefined) {
    lines.push(`  engine      ${needs.engine}, ${needs.slots} requests at a time, ${needs.contextTokens} tokens each`);
    lines.push(`  a replica   ${gib(needs.replicaBytes)}: ${breakdown(needs)}`);
  }
  const planned = plan.workloads.reduce((sum, { replicas }) => sum + replicas, 0);
  const { scaling } = model.spec;
  lines.push(
    scaling === undefined
      ? `  replicas    ${planned} of ${mostReplicas(model)} would start`
      : `  replicas    ${planned} of at most ${mostReplicas(model)} would start, by the requests; ${scaling.min} without any`,
  );
  for (const { type, status, reason, message, remedy } of conditions) {
    if (!PLANNED.has(type) && reason !== 'PolicyNotFound') continue;
    lines.push(`  ${type}: ${status}, ${reason}. ${message}${remedy === undefined ? '' : ` ${remedy}`}`);
  }
  return [...lines, ''];
}
