// The models that a caller may name, in OpenAI's shape.

import { fail } from '../errors.ts';
import type { Catalog, ServedAdapter, ServedModel } from './catalog.ts';
import { findModel, mayAsk, type Seeker } from './route.ts';

type ListedCatalog = Pick<Catalog, 'model' | 'models' | 'tenant'>;

export function listModels(path: string, seeker: Seeker, catalog: ListedCatalog): object {
  const offered = entriesFor(seeker, catalog);
  if (path === '/v1/models') return { object: 'list', data: offered };
  const name = decodeName(path.slice('/v1/models/'.length));
  const found = offered.find(({ id }) => id === name);
  if (found === undefined) {
    throw fail('model_not_found', {
      param: 'model',
      detail: 'There is no model of this name for this key.',
      remedy: 'GET /v1/models lists those that there are.',
    });
  }
  return found;
}

/** In the order of the tenant's namespaces; of two models of one name only the one that would answer. */
function entriesFor(seeker: Seeker, catalog: ListedCatalog): Entry[] {
  const tenant = catalog.tenant(seeker.tenant);
  if (tenant === undefined) return [];
  return tenant.namespaces
    .flatMap((namespace) => catalog.models(namespace))
    .filter((model) => findModel(tenant, model.name, catalog) === model)
    .flatMap(entries)
    .filter(({ id }) => mayAsk(seeker, tenant, id));
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
