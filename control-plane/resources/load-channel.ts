// How gateways tell the controller what they hold, whatever process it runs in: NOTIFY of PostgreSQL, which keeps
// nothing. A report that nobody hears is lost, and the next comes within seconds. Names of models and numbers only.
// May import control-plane/database.

import * as z from 'zod';
import type { Database } from '../database/database.ts';

const CHANNEL = 'intramuros_load';
/** PostgreSQL takes payloads below 8,000 bytes; a model takes at most some 250. */
const MODELS_A_MESSAGE = 28;

const loadSchema = z.strictObject({
  waiting: z.int().min(0),
  inFlight: z.int().min(0),
  oldestMs: z.number().min(0),
});
const messageSchema = z.strictObject({
  gateway: z.string(),
  load: z.record(z.string(), loadSchema),
  /** More of the same report follows. */
  more: z.boolean(),
});

type Load = Readonly<Record<string, z.infer<typeof loadSchema>>>;

/** Sends what a gateway holds, in as many messages as it takes. */
export async function sendLoad(
  { pool }: Pick<Database, 'pool'>,
  gateway: string,
  load: Readonly<Record<string, z.infer<typeof loadSchema>>>,
): Promise<void> {
  const entries = Object.entries(load);
  for (let at = 0; at === 0 || at < entries.length; at += MODELS_A_MESSAGE) {
    const part = Object.fromEntries(entries.slice(at, at + MODELS_A_MESSAGE));
    const message = { gateway, load: part, more: at + MODELS_A_MESSAGE < entries.length };
    await pool.query('SELECT pg_notify($1, $2)', [CHANNEL, JSON.stringify(message)]);
  }
}

/** Hands on each whole report until the signal aborts. */
export async function hearLoads(
  database: Pick<Database, 'listen'>,
  report: (gateway: string, load: Load) => void,
  signal: AbortSignal,
): Promise<void> {
  const begun = new Map<string, Load>();
  await database.listen(
    CHANNEL,
    (payload) => {
      const message = parse(payload);
      if (message === undefined) return;
      const load = { ...begun.get(message.gateway), ...message.load };
      if (message.more) begun.set(message.gateway, load);
      else {
        begun.delete(message.gateway);
        report(message.gateway, load);
      }
    },
    signal,
  );
}

function parse(payload: string | undefined): z.infer<typeof messageSchema> | undefined {
  if (payload === undefined) return undefined;
  try {
    return messageSchema.safeParse(JSON.parse(payload)).data;
  } catch {
    return undefined;
  }
}
