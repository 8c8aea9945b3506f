// An admin listener on a company's database for the time of one command, on a machine where the product does not run:
// `DATABASE_URL=... intramuros get model`. It needs the keys of the data folder, as the product does.

import pino from 'pino';
import { startAdmin } from '../admin/start-admin.ts';
import type { Config } from '../config.ts';
import type { OpenedProduct } from './find-product.ts';
import { adminOptions, layFoundation } from './foundation.ts';
import { createStopList } from './stop-parts.ts';

export async function openProduct(config: Config, version: string): Promise<OpenedProduct> {
  const log = pino({ level: 'silent' });
  const parts = createStopList();
  try {
    const foundation = await layFoundation({
      config,
      producer: 'cli',
      // Where nothing runs, a command puts its own record in order; where a sequencer does, that one has the lock.
      parts: { admin: false, sequencer: true, controller: false, founds: true },
      log,
      onStop: (name, stop) => parts.add(name, stop),
    });
    const options = await adminOptions(foundation, version);
    const admin = await startAdmin({ ...options, port: 0 });
    parts.add('admin listener', () => admin.stop());
    return { address: admin.address, token: options.localToken.text, stop: () => parts.stopAll(log) };
  } catch (error) {
    await parts.stopAll(log);
    throw error;
  }
}
