// The secrets of the installation by their public labels.

import { type Command, OUTPUT_OPTION, readOutputFormat } from './command.ts';
import { formatData, formatTable, write } from './print.ts';

interface ListedSecrets {
  readonly store: string;
  readonly problem: string | null;
  readonly secrets: readonly {
    readonly name: string;
    readonly versions: readonly { readonly id: string; readonly version: number }[];
  }[];
}

export const secretListCommand: Command = {
  name: 'secret list',
  usage: '',
  summary: 'Show the secrets and their versions, never their keys',
  positionals: { min: 0, max: 0 },
  options: OUTPUT_OPTION,
  async run({ io, values, product }) {
    const format = readOutputFormat(values);
    const listed = (await (await product()).call('GET', '/api/v1/secrets')) as ListedSecrets;
    await write(io.stdout, format === 'text' ? formatSecrets(listed) : formatData({ ...listed }, format));
    return 0;
  },
};

function formatSecrets({ store, problem, secrets }: ListedSecrets): string {
  const rows = secrets.flatMap(({ name, versions }) =>
    versions.map(({ id, version }, index) => [name, String(version), id, index === 0 ? 'current' : 'accepted']),
  );
  const note = problem === null ? '' : `The store does not answer: ${problem}\n`;
  return `${formatTable(['SECRET', 'VERSION', 'ID', 'USE'], rows)}store: ${store}\n${note}`;
}
