// An installation without listeners and engines: data folder, database, keys and log, as the product lays them.

import pino from 'pino';
import { type Ground, layGround } from '../../control-plane/cli/foundation.ts';
import { createStopList } from '../../control-plane/cli/stop-parts.ts';
import { readConfig } from '../../control-plane/config.ts';

export interface Installation extends Ground {
  readonly folder: string;
  readonly stop: () => Promise<void>;
}

const log = pino({ level: 'silent' });

export async function startInstallation(folder: string): Promise<Installation> {
  const parts = createStopList();
  try {
    const ground = await layGround({
      config: readConfig({ INTRAMUROS_DATA: folder }),
      producer: 'all',
      parts: { admin: false, sequencer: true, controller: true, founds: true },
      log,
      onStop: (name, stop) => parts.add(name, stop),
    });
    return { ...ground, folder, stop: () => parts.stopAll(log) };
  } catch (error) {
    await parts.stopAll(log);
    throw error;
  }
}

/** As `startInstallation`, for as long as `work` takes. */
export async function uses<T>(folder: string, work: (installation: Installation) => Promise<T>): Promise<T> {
  const installation = await startInstallation(folder);
  try {
    return await work(installation);
  } finally {
    await installation.stop();
  }
}

/** Records `count` requests and what became of them. */
export async function fillLog({ audit }: Installation, count: number): Promise<void> {
  const actor = { kind: 'key', id: 'k' } as const;
  await Promise.all(
    Array.from({ length: count }, async () => {
      const intent = await audit.append({ kind: 'intent', tenant: 'default', actor, action: 'chat.completions' });
      const outcome = { ok: true, code: 'answered' };
      await audit.append({ kind: 'outcome', tenant: 'default', actor, action: 'chat.completions', intent, outcome });
    }),
  );
}

/** The exported log, by file. */
export async function exportLog({ audit }: Installation): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for await (const { name, data } of audit.files(new AbortController().signal)) files.set(name, Buffer.from(data));
  return files;
}
