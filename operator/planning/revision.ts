// A revision names everything that a running process cannot change: when it differs, new processes are needed.
import { createHash } from 'node:crypto';
import type { WorkloadLaunch } from '../api/ports.ts';

/** Ten hexadecimal digits over the launch and the identity of the weights. Replicas are not part of it. */
export function revisionOf(launch: WorkloadLaunch, weightsIdentity: string): string {
  const facts = [
    launch.engine,
    launch.weights,
    weightsIdentity,
    launch.contextTokens,
    launch.slots,
    launch.embeddingOnly,
    ...(launch.adapters ?? []).map(({ name, digest, scale }) => [name, digest, scale]),
  ];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 10);
}
