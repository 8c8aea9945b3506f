// Tells the console's change feed when resources change. Runs until the signal.

import { watchAll } from '../../operator/kube/reflector.ts';
import type { ChangeFeed, Topic } from '../admin/events/change-feed.ts';
import type { PostgresResourceStore } from '../resources/postgres-resource-store.ts';

const TOPICS = { Model: 'models', PrivacyPolicy: 'policies', Tenant: 'tenants' } as const satisfies Record<
  string,
  Topic
>;

export async function followResources(
  store: PostgresResourceStore,
  changes: ChangeFeed,
  signal: AbortSignal,
): Promise<void> {
  const kinds = Object.keys(TOPICS) as (keyof typeof TOPICS)[];
  await Promise.all(kinds.map((kind) => watchAll(store, kind, () => changes.tell(TOPICS[kind]), { signal })));
}
