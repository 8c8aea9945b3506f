// Deletes one resource; what runs for it ends after the requests that it has.

import type { Command } from './command.ts';
import { write } from './print.ts';
import { NAMESPACE_OPTION, readKind, resourceName, resourcePath } from './resource-path.ts';

export const deleteCommand: Command = {
  name: 'delete',
  usage: 'KIND NAME',
  summary: 'Delete a resource',
  positionals: { min: 2, max: 2 },
  options: NAMESPACE_OPTION,
  async run({ io, positionals: [word = '', name = ''], values, product }) {
    const kind = readKind(word);
    const namespace = values.text('namespace');
    const path = resourcePath(kind, namespace === undefined ? { name } : { namespace, name });
    await (await product()).call('DELETE', path);
    await write(io.stdout, `${resourceName(kind, name)} deleted\n`);
    return 0;
  },
};
