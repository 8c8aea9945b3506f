// Where the request may go: the model of that name among the caller's tenant's own, with the policy that holds for it.
// A tenant sees the namespace of its own name, and nothing of another's: a foreign model is "not found".

import { isDeepStrictEqual } from 'node:util';
import { fail } from '../errors.ts';
import { effectivePolicy } from '../policy/effective-policy.ts';
import type { Catalog, Replica, ServedAdapter, ServedModel } from './catalog.ts';
import { advance, type Inspected, type Routed, type RoutedFacts, type Target } from './exchange.ts';

/** Stands between the name of a model and that of its adapter. */
const ADAPTER_MARK = ':';

export type RouteCatalog = Pick<Catalog, 'model' | 'policy'>;

export function route(inspected: Inspected, catalog: RouteCatalog): Routed {
  const target = findTarget(inspected.caller.tenant, inspected.parsed.model, catalog);
  return advance<'Routed', RoutedFacts>({ ...inspected, targets: [target] });
}

/**
 * The target of a name, MODEL or MODEL:ADAPTER. Throws `model_not_found`, or `model_not_ready` when its policy is not
 * known or its adapter cannot be used.
 */
export function findTarget(tenant: string, name: string, catalog: RouteCatalog): Target {
  const [modelName = '', ...rest] = name.split(ADAPTER_MARK);
  const model = catalog.model(tenant, modelName);
  if (model === undefined) throw notFound('There is no model of this name for this key.');
  const policy = catalog.policy(model.policyName);
  if (policy === undefined) throw missingPolicy(model);
  const target = { name, model, policy: effectivePolicy([policy]) };
  return rest.length === 0 ? target : { ...target, ...withAdapter(model, rest.join(ADAPTER_MARK)) };
}

/**
 * Only replicas that have the adapter loaded, all in the same version: during a rollout those of one revision call it by
 * another number than those of the next.
 */
function withAdapter(model: ServedModel, name: string): Pick<Target, 'model' | 'adapter' | 'adapterName'> {
  const served = model.adapters?.find((each) => each.name === name);
  if (served === undefined) throw notFound(`The model ${model.name} has no adapter of this name.`);
  if (!served.ready && served.pending !== true) throw adapterNotReady(model, served);
  // No replica runs yet that could tell; the request waits for one that has it.
  if (model.coldStart !== undefined && model.replicas.length === 0) return { model, adapterName: name };
  const loadedBy = (replica: Replica) => replica.adapters?.find((each) => each.name === name);
  const adapter = model.replicas.map(loadedBy).find((each) => each !== undefined);
  if (adapter === undefined || !served.ready) throw adapterNotReady(model, served);
  const replicas = model.replicas.filter((replica) => isDeepStrictEqual(loadedBy(replica), adapter));
  return { model: { ...model, replicas }, adapter, adapterName: name };
}

function notFound(detail: string) {
  return fail('model_not_found', { param: 'model', detail, remedy: 'GET /v1/models lists those that there are.' });
}

function adapterNotReady(model: ServedModel, { name, message }: ServedAdapter) {
  return fail('model_not_ready', {
    param: 'model',
    detail: `The adapter ${name} of ${model.name} is not ready${message === undefined ? '.' : `: ${message}`}`,
    remedy: `"intramuros get model ${model.name} -o yaml" shows its adapters.`,
    retryAfterS: 5,
  });
}

// A model whose policy is missing must not fall back to another one: what the officer asked for is not known.
function missingPolicy(model: ServedModel) {
  return fail('model_not_ready', {
    param: 'model',
    detail: `The privacy policy "${model.policyName}" of this model does not exist.`,
    remedy: 'Apply a PrivacyPolicy of that name, or change spec.privacy.policy.',
  });
}
