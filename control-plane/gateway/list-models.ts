// The models that a caller may name, in OpenAI's shape.

import { fail } from '../errors.ts';
import type { Catalog, ServedAdapter, ServedModel } from './catalog.ts';

export function listModels(path: string, tenant: string, catalog: Pick<Catalog, 'model' | 'models'>): object {
  if (path === '/v1/models') return { object: 'list', data: catalog.models(tenant).flatMap(entries) };
  const name = decodeName(path.slice('/v1/models/'.length));
  const model = name === undefined ? undefined : catalog.model(tenant, name.split(':', 1)[0] ?? '');
  const found = model === undefined ? undefined : entries(model).find(({ id }) => id === name);
  if (found === undefined) {
    throw fail('model_not_found', {
      param: 'model',
      detail: 'There is no model of this name for this key.',
      remedy: 'GET /v1/models lists those that there are.',
    });
  }
  return found;
}

interface Entry {
  readonly id: string;
  readonly object: 'model';
  readonly created: number;
  readonly owned_by: 'intramuros';
  readonly ready: boolean;
  /** Of an adapter: the model that it is laid over. */
  readonly parent?: string;
}

/** The model, then its adapters; one that cannot be used is not offered, and asking for it says why. */
function entries(model: ServedModel): Entry[] {
  const own: Entry = {
    id: model.name,
    object: 'model',
    created: model.createdAtS,
    owned_by: 'intramuros',
    ready: model.ready,
  };
  const offered = (model.adapters ?? []).filter(({ ready, pending }) => ready || pending === true);
  const entryOf = ({ name, ready }: ServedAdapter): Entry => ({
    ...own,
    id: `${model.name}:${name}`,
    ready: own.ready && ready,
    parent: model.name,
  });
  return [own, ...offered.map(entryOf)];
}

function decodeName(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
