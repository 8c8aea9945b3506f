// Writes what the gateway counted to the database, every few seconds. What cannot be written waits in memory, as sums:
// a database that is away costs no more than one that answers. Imports the gateway's meter and the admin room's rows.

import type { UsageRows } from '../admin/usage/usage-rows.ts';
import type { UsageDelta, UsageMeter } from '../gateway/usage-meter.ts';

const EVERY_MS = 5_000;
const REMOVE_EVERY_MS = 3_600_000;

export interface UsageWriterParts {
  readonly meter: Pick<UsageMeter, 'take'>;
  readonly usage: Pick<UsageRows, 'add' | 'removeOld'>;
  readonly onError: () => void;
  readonly everyMs?: number;
}

export function startUsageWriter({ meter, usage, onError, everyMs = EVERY_MS }: UsageWriterParts) {
  let waiting: readonly UsageDelta[] = [];
  let writing: Promise<void> | undefined;
  let failed = false;

  async function write(): Promise<void> {
    waiting = merge(waiting, meter.take());
    const sent = waiting;
    waiting = [];
    try {
      await usage.add(sent);
      failed = false;
    } catch {
      waiting = merge(sent, waiting);
      if (!failed) onError();
      failed = true;
    }
  }
  const flush = () => (writing ??= write().finally(() => (writing = undefined)));
  const timer = setInterval(() => void flush(), everyMs).unref();
  const sweep = setInterval(() => void usage.removeOld().catch(() => {}), REMOVE_EVERY_MS).unref();
  return {
    flush,
    async stop(): Promise<void> {
      clearInterval(timer);
      clearInterval(sweep);
      await writing;
      await flush();
    },
  };
}

function merge(one: readonly UsageDelta[], other: readonly UsageDelta[]): readonly UsageDelta[] {
  if (one.length === 0) return other;
  const sums = new Map(one.map((delta) => [`${delta.tenant} ${delta.model}`, { ...delta }]));
  for (const delta of other) {
    const key = `${delta.tenant} ${delta.model}`;
    const sum = sums.get(key);
    if (sum === undefined) {
      sums.set(key, { ...delta });
      continue;
    }
    for (const name of SUMS) sum[name] += delta[name];
  }
  return [...sums.values()];
}

const SUMS = [
  'requests',
  'errors',
  'promptTokens',
  'completionTokens',
  'durationMs',
  'queueMs',
  'firstTokenMs',
  'firstTokens',
] as const;
