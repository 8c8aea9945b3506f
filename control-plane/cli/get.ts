// Shows resources: a table of the columns that the contract names, or the whole as data.

import { KINDS, type Kind, type KindDefinition, type Resource } from '../../operator/api/resource.ts';
import { BUILT_IN_ANNOTATION } from '../admin/resources/built-in-policy.ts';
import { type Command, OUTPUT_OPTION, readOutputFormat } from './command.ts';
import { formatData, formatTable, write } from './print.ts';
import { NAMESPACE_OPTION, readKind, readNamespace, resourcePath } from './resource-path.ts';

export const getCommand: Command = {
  name: 'get',
  usage: 'KIND [NAME]',
  summary: 'Show resources and their status',
  details: 'KIND is models or privacypolicies, in the singular or short form as well.',
  positionals: { min: 1, max: 2 },
  options: {
    ...NAMESPACE_OPTION,
    wide: { type: 'boolean', short: 'w', help: 'More columns.' },
    ...OUTPUT_OPTION,
  },
  async run({ io, positionals: [word = '', name], values, product }) {
    const format = readOutputFormat(values);
    const kind = readKind(word);
    const namespace = readNamespace(kind, values);
    const resources = await read(kind, name, namespace, await product());
    if (format === 'text') {
      await write(io.stdout, formatResources(kind, resources, values.flag('wide')));
      const [only] = resources;
      if (name !== undefined && only !== undefined) await write(io.stdout, formatTroubles(only));
    } else await write(io.stdout, formatData(name === undefined ? { items: resources } : resources[0], format));
    return 0;
  },
};

type Product = Awaited<ReturnType<Parameters<Command['run']>[0]['product']>>;

async function read(kind: Kind, name: string | undefined, namespace: string | undefined, product: Product) {
  if (name !== undefined) {
    const key = namespace === undefined ? { name } : { namespace, name };
    return [(await product.call('GET', resourcePath(kind, key))) as Resource];
  }
  const { items } = (await product.call('GET', `/api/v1/resources/${KINDS[kind].plural}`)) as { items: Resource[] };
  return namespace === undefined ? items : items.filter(({ metadata }) => metadata.namespace === namespace);
}

export function formatResources(kind: Kind, resources: readonly Resource[], wide: boolean): string {
  const definition: KindDefinition = KINDS[kind];
  if (resources.length === 0) return `No ${definition.plural}. "intramuros apply -f FILE" makes one.\n`;
  const columns = definition.printerColumns.filter(({ priority = 0 }) => wide || priority === 0);
  const namespaced = definition.scope === 'Namespaced';
  const header = [...(namespaced ? ['NAMESPACE'] : []), 'NAME', ...columns.map(({ name }) => name.toUpperCase())];
  const rows = resources.map((resource) => [
    ...(namespaced ? [resource.metadata.namespace ?? ''] : []),
    nameOf(resource),
    ...columns.map(({ type, jsonPath }) => cellOf(readPath(resource, jsonPath), type)),
  ]);
  return formatTable(header, rows);
}

/** Under a single resource: each condition that does not hold, with its cause and what to do. Ready says the first again. */
export function formatTroubles(resource: Resource): string {
  const conditions = resource.kind === 'Model' ? (resource.status?.conditions ?? []) : [];
  const failing = conditions.filter(({ type, status }) => status !== 'True' && type !== 'Ready');
  const told = failing.length > 0 ? failing : conditions.filter(({ status }) => status !== 'True');
  return told
    .map(({ type, reason, message, remedy }) => `  ${type}: ${reason}. ${[message, remedy ?? ''].join(' ').trim()}\n`)
    .join('');
}

function nameOf({ metadata }: Resource): string {
  return metadata.annotations?.[BUILT_IN_ANNOTATION] === 'true' ? `${metadata.name} (built-in)` : metadata.name;
}

function cellOf(value: unknown, type: string): string {
  if (value === undefined || value === null) return '-';
  if (type === 'date') return ageOf(textOf(value));
  return Array.isArray(value) ? value.map(textOf).join(',') : textOf(value);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function ageOf(time: string): string {
  const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(time)) / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

/** The little of JSONPath that printer columns use: `.a.b` and `[?(@.type=="X")]`. */
function readPath(resource: unknown, path: string): unknown {
  const steps = path.match(/\[\?\(@\.\w+=="[^"]*"\)\]|\w+/g) ?? [];
  return steps.reduce<unknown>((at, step) => {
    const filter = /^\[\?\(@\.(\w+)=="([^"]*)"\)\]$/.exec(step);
    if (filter === null) return (at as Record<string, unknown> | undefined)?.[step];
    const [, field = '', wanted] = filter;
    return Array.isArray(at) ? at.find((item: Record<string, unknown>) => item[field] === wanted) : undefined;
  }, resource);
}
