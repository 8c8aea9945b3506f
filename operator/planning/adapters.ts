// What adapters come to: which a process loads, what they add to its memory, what is told of each, and the condition
// AdaptersReady. One that cannot be used is left out, and the Model runs without it. Pure. Imports operator/api types.
import type { Finding } from '../api/conditions.ts';
import type { LoadedAdapter, Workload, WorkloadAdapter, WorkloadLaunch } from '../api/ports.ts';
import type { AdapterStatus, EndpointAdapter } from '../api/v1alpha1/adapters.ts';
import type { ModelEndpoint, ModelStatus } from '../api/v1alpha1/model.ts';
import type { EngineNeeds, ModelWorld, WantedAdapter } from './world.ts';

export interface AdapterFindings {
  /** Left out where the Model names no adapter. */
  readonly finding?: Finding;
  readonly status: Pick<ModelStatus, 'adapters' | 'adaptersReady'>;
}

/** Nothing starts while a file is looked at: a process would be replaced as soon as the look is over. */
export function pendingAdapters({ adapters = [] }: ModelWorld): boolean {
  return adapters.some(({ file }) => file.state === 'verifying');
}

/** The needs with the adapters in them: each is held in memory whole. */
export function adaptersPart(
  needs: EngineNeeds | undefined,
  adapters: readonly WantedAdapter[],
): EngineNeeds | undefined {
  if (needs === undefined || adapters.length === 0) return needs;
  const adaptersBytes = adapters.reduce((sum, { file }) => sum + (file.state === 'verified' ? file.bytes : 0), 0);
  const { bytesAt } = needs;
  return {
    ...needs,
    adaptersBytes,
    replicaBytes: needs.replicaBytes + adaptersBytes,
    ...(bytesAt === undefined ? {} : { bytesAt: (tokens: number) => bytesAt(tokens) + adaptersBytes }),
  };
}

export function launchAdapters({ adapters = [] }: ModelWorld): Pick<WorkloadLaunch, 'adapters'> {
  const usable = adapters.flatMap(({ name, scale, file }): WorkloadAdapter[] =>
    file.state === 'verified' ? [{ name, scale, path: file.path, digest: file.digest }] : [],
  );
  return usable.length === 0 ? {} : { adapters: usable };
}

/** What gateways are told of a process: of the adapters that it was started with, those that it has loaded. */
export function endpointAdapters(
  launch: WorkloadLaunch,
  loaded: readonly LoadedAdapter[] = [],
): Pick<ModelEndpoint, 'adapters'> {
  const adapters = loaded.flatMap(({ name, id }): EndpointAdapter[] => {
    const started = launch.adapters?.find((each) => each.name === name);
    return started === undefined ? [] : [{ name, id, scale: started.scale, digest: started.digest }];
  });
  return adapters.length === 0 ? {} : { adapters };
}

export function sayOfAdapters(
  world: ModelWorld,
  wanted: Workload | undefined,
  endpoints: readonly ModelEndpoint[],
): AdapterFindings {
  const { adapters = [] } = world;
  if (adapters.length === 0) return { status: {} };
  const findings = adapters.map((adapter) => findingOf(adapter, wanted, endpoints));
  const status = adapters.map((adapter, at) => statusOf(adapter, findings[at] ?? NOT_LOADED));
  const ready = status.filter((each) => each.ready).length;
  return {
    finding: sumOf(world.model.metadata.name, adapters, findings),
    status: { adapters: status, adaptersReady: `${ready}/${status.length}` },
  };
}

const LOADED: Finding = { status: 'True', reason: 'Loaded', message: 'it is loaded' };
const NOT_LOADED: Finding = { status: 'Unknown', reason: 'NotLoaded', message: 'no engine process has it loaded yet' };

function findingOf(
  { name, scale, file }: WantedAdapter,
  wanted: Workload | undefined,
  endpoints: readonly ModelEndpoint[],
): Finding {
  if (file.state === 'verifying') {
    return { status: 'Unknown', reason: 'Verifying', message: 'its file is being checked' };
  }
  if (file.state === 'failed') {
    const { reason, message, remedy } = file;
    return { status: 'False', reason, message, remedy };
  }
  const answering = endpoints.filter(({ ready }) => ready);
  const holds = answering.some(({ adapters = [] }) =>
    adapters.some((each) => each.name === name && each.digest === file.digest && each.scale === scale),
  );
  if (holds) return LOADED;
  const current = answering.filter(({ revision }) => revision === wanted?.revision);
  if (current.length === 0) return NOT_LOADED;
  return {
    status: 'False',
    reason: 'NotLoadable',
    message: 'the engine could not load it',
    remedy: 'Look at the log of the engine; convert the adapter again, or take it off spec.adapters.',
  };
}

function statusOf({ name, file }: WantedAdapter, { status, reason, message }: Finding): AdapterStatus {
  return {
    name,
    ready: status === 'True',
    ...(file.state === 'verified' ? { digest: file.digest, bytes: file.bytes, rank: file.rank } : {}),
    ...(status === 'True' ? {} : { reason, message: sentence(message) }),
  };
}

/** The first failure counts, then the first that is not known; each that is not ready is named. */
function sumOf(model: string, adapters: readonly WantedAdapter[], findings: readonly Finding[]): Finding {
  const worst =
    findings.find(({ status }) => status === 'False') ?? findings.find(({ status }) => status === 'Unknown');
  if (worst === undefined) {
    const names = adapters.map(({ name }) => `${model}:${name}`).join(', ');
    return { status: 'True', reason: 'AllLoaded', message: `Loaded: ${names}.` };
  }
  const told = adapters.flatMap(({ name }, at) => {
    const finding = findings[at];
    return finding === undefined || finding.status === 'True' ? [] : [`Adapter ${name}: ${finding.message}.`];
  });
  return { ...worst, message: told.join(' ') };
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
