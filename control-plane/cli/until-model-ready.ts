// Waits for a Model to be Ready, saying its reason when that takes long. Imports the contract.

import type { ResourceKey } from '../../operator/api/metadata.ts';
import type { ResourceStore } from '../../operator/api/ports.ts';

const LOOK_EVERY_MS = 100;
const TELL_EVERY_MS = 10_000;

/** Returns when the Model is Ready, is gone, or the signal aborts. */
export async function untilModelReady(
  store: Pick<ResourceStore, 'get'>,
  key: ResourceKey,
  signal: AbortSignal,
  tell: (message: string) => void,
): Promise<void> {
  let toldAtMs = performance.now();
  while (!signal.aborted) {
    const model = await store.get('Model', key);
    const ready = model?.status?.conditions?.find(({ type }) => type === 'Ready');
    // A stopped Model (replicas: 0) was stopped on purpose.
    if (model === undefined || model.spec.replicas === 0 || ready?.status === 'True') return;
    if (performance.now() - toldAtMs > TELL_EVERY_MS) {
      toldAtMs = performance.now();
      tell(`waiting for ${key.name}: ${ready?.message ?? 'it was not looked at yet'} ${ready?.remedy ?? ''}`.trim());
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
