// The API keys by prefix; their secrets are stored nowhere.

import { type Command, OUTPUT_OPTION, readOutputFormat } from './command.ts';
import { formatData, formatTable, write } from './print.ts';

interface ListedKey {
  readonly prefix: string;
  readonly name: string;
  readonly tenant: string;
  readonly dataClass: string;
  readonly createdAt: string;
  readonly revokedAt: string | null;
}

export const keyListCommand: Command = {
  name: 'key list',
  usage: '',
  summary: 'Show the API keys',
  positionals: { min: 0, max: 0 },
  options: OUTPUT_OPTION,
  async run({ io, values, product }) {
    const format = readOutputFormat(values);
    const { keys } = (await (await product()).call('GET', '/api/v1/keys')) as { keys: readonly ListedKey[] };
    await write(io.stdout, format === 'text' ? formatKeys(keys) : formatData({ keys }, format));
    return 0;
  },
};

function formatKeys(keys: readonly ListedKey[]): string {
  if (keys.length === 0) return 'No keys. "intramuros key create NAME" makes one.\n';
  const rows = keys.map(({ prefix, name, tenant, dataClass, createdAt, revokedAt }) => {
    return [prefix, name, tenant, dataClass, createdAt, revokedAt ?? '-'];
  });
  return formatTable(['PREFIX', 'NAME', 'TENANT', 'CLASS', 'CREATED', 'REVOKED'], rows);
}
