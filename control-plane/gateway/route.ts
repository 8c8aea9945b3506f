// Where the request may go: the model of that name among those of the caller's tenant, with the policies that hold for
// it. A tenant sees its own namespaces, and nothing of another's: what it may not ask for is "not found".

import { isDeepStrictEqual } from 'node:util';
import { fail } from '../errors.ts';
import { effectivePolicy, type NamedPolicy } from '../policy/effective-policy.ts';
import { namesModel, type TenantFacts } from '../policy/tenant-facts.ts';
import type { Catalog, Replica, ServedAdapter, ServedModel } from './catalog.ts';
import { advance, type Caller, type Inspected, type Routed, type RoutedFacts, type Target } from './exchange.ts';

/** Stands between the name of a model and that of its adapter. */
const ADAPTER_MARK = ':';

export type RouteCatalog = Pick<Catalog, 'model' | 'policy' | 'tenant'>;

/** For whom a target is looked for: a key, or a person who has none. */
export type Seeker = Pick<Caller, 'tenant' | 'models'>;

export function route(inspected: Inspected, catalog: RouteCatalog): Routed {
  const target = findTarget(inspected.caller, inspected.parsed.model, catalog);
  return advance<'Routed', RoutedFacts>({ ...inspected, targets: [target] });
}

/**
 * The target of a name, MODEL or MODEL:ADAPTER. Throws `model_not_found`, or `model_not_ready` when its policy is not
 * known or its adapter cannot be used.
 */
export function findTarget(seeker: Seeker, name: string, catalog: RouteCatalog): Target {
  const [modelName = '', ...rest] = name.split(ADAPTER_MARK);
  const tenant = catalog.tenant(seeker.tenant);
  const model =
    tenant === undefined || !mayAsk(seeker, tenant, name) ? undefined : findModel(tenant, modelName, catalog);
  if (tenant === undefined || model === undefined) throw notFound('There is no model of this name for this key.');
  const target = { name, model, policy: effectivePolicy(policiesOf(tenant, model, catalog)) };
  return rest.length === 0 ? target : { ...target, ...withAdapter(model, rest.join(ADAPTER_MARK)) };
}

/** Whether neither the key nor its tenant is kept to other models. */
export function mayAsk({ models }: Seeker, tenant: TenantFacts, name: string): boolean {
  return [models, tenant.models].every((allowed) => allowed === undefined || namesModel(allowed, name));
}

/** Of the first namespace that has one of this name. */
export function findModel({ namespaces }: TenantFacts, name: string, catalog: Pick<Catalog, 'model'>) {
  for (const namespace of namespaces) {
    const model = catalog.model(namespace, name);
    if (model !== undefined) return model;
  }
  return undefined;
}

/** The tenant's floor comes first: it is told as the one that decided where both say the same. */
function policiesOf(tenant: TenantFacts, model: ServedModel, catalog: RouteCatalog): NamedPolicy[] {
  const names = tenant.policy === undefined ? [model.policyName] : [tenant.policy, model.policyName];
  return [...new Set(names)].map((name) => {
    const policy = catalog.policy(name);
    if (policy === undefined) throw missingPolicy(name, name === tenant.policy ? 'tenant' : 'model');
    return policy;
  });
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
function missingPolicy(name: string, of: 'tenant' | 'model') {
  return fail('model_not_ready', {
    param: 'model',
    detail: `The privacy policy "${name}" of this ${of} does not exist.`,
    remedy: `Apply a PrivacyPolicy of that name, or change ${of === 'model' ? 'spec.privacy.policy of the Model' : 'spec.policy of the Tenant'}.`,
  });
}
