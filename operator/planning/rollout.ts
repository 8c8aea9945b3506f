// From one revision to the next without losing a request: the new processes answer first, then the endpoints in the
// status change, and only when the stored status no longer names an old process may it go. Every step rests on what is
// observed, so that a controller that dies in between goes on where it was. Imports operator/api types.
import type { ObservedReplica, ObservedWorkload, Workload } from '../api/ports.ts';
import type { ModelEndpoint } from '../api/v1alpha1/model.ts';
import { endpointAdapters } from './adapters.ts';

export interface RolloutQuestion {
  /** The workload of the current generation; absent when the model cannot or must not run. */
  readonly wanted: Workload | undefined;
  readonly observed: readonly ObservedWorkload[];
  /** The endpoints that gateways see now: those of the stored status. */
  readonly published: readonly ModelEndpoint[];
  /** Old processes may stay while there is no wanted workload yet: weights are being checked, or it does not fit. */
  readonly keepOld: boolean;
  /** No memory for old and new side by side: the old ones go first. */
  readonly replace: boolean;
}

export interface Rollout {
  readonly workloads: readonly Workload[];
  readonly endpoints: readonly ModelEndpoint[];
  /** Endpoints of the wanted revision are among them and all its replicas answer. */
  readonly complete: boolean;
}

export function rollOut({ wanted, observed, published, keepOld, replace }: RolloutQuestion): Rollout {
  const current = observed.find(({ workload }) => workload.key === wanted?.key);
  const old = observed.filter(({ workload, replicas }) => workload.key !== wanted?.key && replicas.some(isLive));
  const currentEndpoints = endpointsOf(current, wanted?.replicas ?? 0);
  const switched = wanted !== undefined && ready(currentEndpoints) >= wanted.replicas;
  const oldServes = keepOld && !switched && !replace;
  const endpoints =
    oldServes && old.length > 0 ? old.flatMap((each) => endpointsOf(each, each.workload.replicas)) : currentEndpoints;
  const workloads: Workload[] = [];
  const publishedUrls = new Set(published.map(({ url }) => url));
  // With `replace`, the new processes wait until the old ones, draining ones included, have given their memory back.
  const occupied = observed.some(({ workload, replicas }) => workload.key !== wanted?.key && replicas.length > 0);
  const running = (current?.replicas ?? []).filter(isLive).reduce((most, { index }) => Math.max(most, index + 1), 0);
  const now =
    replace && occupied && wanted !== undefined ? { ...wanted, replicas: Math.min(wanted.replicas, running) } : wanted;
  if (now !== undefined && (now === wanted || running > 0)) workloads.push(heldBack(now, current, publishedUrls));
  for (const each of old) {
    const stillNamed = each.replicas.some((replica) => replica.url !== undefined && publishedUrls.has(replica.url));
    if ((oldServes && each.replicas.some(serves)) || stillNamed) workloads.push(each.workload);
  }
  return { workloads, endpoints, complete: switched && old.length === 0 };
}

/** A replica beyond the wanted number stays while the stored status still sends requests to it. */
function heldBack(wanted: Workload, current: ObservedWorkload | undefined, published: ReadonlySet<string>): Workload {
  const named = (current?.replicas ?? []).filter(
    ({ url, state }) => url !== undefined && state !== 'draining' && published.has(url),
  );
  const needed = named.reduce((most, { index }) => Math.max(most, index + 1), 0);
  return needed > wanted.replicas ? { ...wanted, replicas: needed } : wanted;
}

function endpointsOf(observed: ObservedWorkload | undefined, replicas: number): ModelEndpoint[] {
  return (observed?.replicas ?? [])
    .filter(({ index, state }) => index < replicas && (state === 'ready' || state === 'busy'))
    .flatMap(({ url, state, adapters }) =>
      url === undefined || observed === undefined
        ? []
        : [
            {
              url,
              revision: observed.workload.revision,
              ready: state === 'ready',
              slots: observed.workload.launch.slots,
              ...endpointAdapters(observed.workload.launch, adapters),
            },
          ],
    );
}

function ready(endpoints: readonly ModelEndpoint[]): number {
  return endpoints.filter((endpoint) => endpoint.ready).length;
}

function serves({ state }: ObservedReplica): boolean {
  return state === 'ready' || state === 'busy';
}

function isLive({ state }: ObservedReplica): boolean {
  return state !== 'draining';
}
