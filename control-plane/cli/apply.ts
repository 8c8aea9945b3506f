// Creates resources or makes them what the files say. All files are checked before anything is sent.

import type { Resource } from '../../operator/api/resource.ts';
import { AppError } from '../errors.ts';
import { type Command, OUTPUT_OPTION, readOutputFormat } from './command.ts';
import type { FoundProduct } from './find-product.ts';
import { formatData, write } from './print.ts';
import { readResources } from './read-input.ts';
import { resourceName, resourcePath } from './resource-path.ts';

export const applyCommand: Command = {
  name: 'apply',
  usage: '-f FILE|-',
  summary: 'Create resources, or make them what the files say',
  details: 'The same YAML or JSON that kubectl takes; several documents in one file, several files by several -f.',
  positionals: { min: 0, max: 0 },
  options: {
    file: {
      type: 'string',
      short: 'f',
      value: 'FILE|-',
      help: 'File to read; - is standard input.',
      required: true,
      multiple: true,
    },
    'dry-run': { type: 'boolean', help: 'Check and print, change nothing.' },
    ...OUTPUT_OPTION,
  },
  async run({ io, values, product }) {
    const format = readOutputFormat(values);
    const resources = await readResources(io, values.texts('file'));
    const found = await product();
    const dryRun = values.flag('dry-run');
    const results: Resource[] = [];
    for (const resource of resources) {
      const { applied, verb } = await applyOne(found, resource, dryRun);
      results.push(applied);
      if (format !== 'text') continue;
      await write(
        io.stdout,
        `${resourceName(resource.kind, resource.metadata.name)} ${verb}${dryRun ? ' (dry run)' : ''}\n`,
      );
    }
    if (format !== 'text') await write(io.stdout, formatData(results.length === 1 ? results[0] : results, format));
    return 0;
  },
};

async function applyOne(product: FoundProduct, resource: Resource, dryRun: boolean) {
  const path = resourcePath(resource.kind, resource.metadata);
  const before = (await product.call('GET', path).catch(ignoreMissing)) as Resource | undefined;
  const applied = (await product.call('PUT', `${path}?dryRun=${dryRun}`, resource)) as Resource;
  const same = before !== undefined && JSON.stringify(written(before)) === JSON.stringify(written(applied));
  return { applied, verb: before === undefined ? 'created' : same ? 'unchanged' : 'configured' };
}

/** What a person writes of a resource; status and versions change by themselves. */
function written({ metadata: { labels, annotations }, spec }: Resource) {
  return { labels, annotations, spec };
}

function ignoreMissing(error: unknown): undefined {
  if (error instanceof AppError && error.code === 'not_found') return undefined;
  throw error;
}
