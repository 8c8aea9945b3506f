// The API keys by prefix; their secrets are stored nowhere.

import type { PresentedKey } from '../admin/keys/routes.ts';
import { type Command, OUTPUT_OPTION, readOutputFormat } from './command.ts';
import type { FoundProduct } from './find-product.ts';
import { formatData, formatTable, write } from './print.ts';

export const keyListCommand: Command = {
  name: 'key list',
  usage: '[--tenant NAME]',
  summary: 'Show the API keys',
  positionals: { min: 0, max: 0 },
  options: { tenant: { type: 'string', value: 'NAME', help: 'Those of this tenant alone.' }, ...OUTPUT_OPTION },
  async run({ io, values, product }) {
    const format = readOutputFormat(values);
    const keys = await listAll(await product(), values.text('tenant'));
    await write(io.stdout, format === 'text' ? formatKeys(keys) : formatData({ keys }, format));
    return 0;
  },
};

async function listAll(product: FoundProduct, tenant: string | undefined): Promise<PresentedKey[]> {
  const keys: PresentedKey[] = [];
  let before: string | null | undefined;
  do {
    const query = new URLSearchParams({ limit: '500', ...(tenant && { tenant }), ...(before && { before }) });
    const page = (await product.call('GET', `/api/v1/keys?${query.toString()}`)) as {
      keys: PresentedKey[];
      next: string | null;
    };
    keys.push(...page.keys);
    before = page.next;
  } while (before !== null);
  return keys;
}

function formatKeys(keys: readonly PresentedKey[]): string {
  if (keys.length === 0) return 'No keys. "intramuros key create NAME" makes one.\n';
  const rows = keys.map((key) => [
    ...[key.prefix, key.name, key.tenant, key.dataClass, key.state, key.createdAt],
    ...[key.expiresAt ?? '-', key.lastUsedAt ?? '-', key.models.join(',') || '-'],
  ]);
  return formatTable(['PREFIX', 'NAME', 'TENANT', 'CLASS', 'STATE', 'CREATED', 'EXPIRES', 'LAST USED', 'MODELS'], rows);
}
