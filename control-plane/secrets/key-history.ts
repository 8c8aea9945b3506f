// A key with its versions, as it is written down: in the sealed file, in the file of exported keys, in Vault.
// May import its own room.

import * as z from 'zod';
import type { KeyHistory, StoredKey } from './keyring.ts';

const storedKey = {
  id: z.string().regex(/^[\w.-]{1,100}$/),
  version: z.int().min(1),
  key: z.base64().length(44),
  endorsement: z.string().max(4_096).optional(),
};

export const keyHistorySchema = z.strictObject({
  ...storedKey,
  /** Newest first. */
  former: z.array(z.strictObject(storedKey)).optional(),
});

export type StoredHistory = z.infer<typeof keyHistorySchema>;

export function formatHistory({ former, ...current }: KeyHistory): StoredHistory {
  return { ...format(current), ...(former === undefined ? {} : { former: former.map(format) }) };
}

export function parseHistory({ former, ...current }: StoredHistory): KeyHistory {
  return { ...parse(current), ...(former === undefined ? {} : { former: former.map(parse) }) };
}

function format({ id, version, bytes, endorsement }: StoredKey) {
  const key = Buffer.from(bytes).toString('base64');
  return { id, version, key, ...(endorsement === undefined ? {} : { endorsement }) };
}

function parse({ id, version, key, endorsement }: Omit<StoredHistory, 'former'>): StoredKey {
  return { id, version, bytes: Buffer.from(key, 'base64'), ...(endorsement === undefined ? {} : { endorsement }) };
}
