// The models that a caller may name, in OpenAI's shape.

import { fail } from '../errors.ts';
import type { Catalog, ServedModel } from './catalog.ts';

export function listModels(path: string, tenant: string, catalog: Pick<Catalog, 'model' | 'models'>): object {
  if (path === '/v1/models') return { object: 'list', data: catalog.models(tenant).map(entry) };
  const name = decodeName(path.slice('/v1/models/'.length));
  const model = name === undefined ? undefined : catalog.model(tenant, name);
  if (model === undefined) {
    throw fail('model_not_found', {
      param: 'model',
      detail: 'There is no model of this name for this key.',
      remedy: 'GET /v1/models lists those that there are.',
    });
  }
  return entry(model);
}

function entry(model: ServedModel) {
  return { id: model.name, object: 'model', created: model.createdAtS, owned_by: 'intramuros', ready: model.ready };
}

function decodeName(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
