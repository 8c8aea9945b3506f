// Where the request may go: the model of that name among the caller's tenant's own, with the policy that holds for it.
// A tenant sees the namespace of its own name, and nothing of another's: a foreign model is "not found".

import { fail } from '../errors.ts';
import { effectivePolicy } from '../policy/effective-policy.ts';
import type { Catalog, ServedModel } from './catalog.ts';
import { advance, type Inspected, type Routed, type RoutedFacts, type Target } from './exchange.ts';

export type RouteCatalog = Pick<Catalog, 'model' | 'policy'>;

export function route(inspected: Inspected, catalog: RouteCatalog): Routed {
  const target = findTarget(inspected.caller.tenant, inspected.parsed.model, catalog);
  return advance<'Routed', RoutedFacts>({ ...inspected, targets: [target] });
}

/** Throws `model_not_found`, or `model_not_ready` when its policy is not known. */
export function findTarget(tenant: string, name: string, catalog: RouteCatalog): Target {
  const model = catalog.model(tenant, name);
  if (model === undefined) {
    throw fail('model_not_found', {
      param: 'model',
      detail: 'There is no model of this name for this key.',
      remedy: 'GET /v1/models lists those that there are.',
    });
  }
  const policy = catalog.policy(model.policyName);
  if (policy === undefined) throw missingPolicy(model);
  return { model, policy: effectivePolicy([policy]) };
}

// A model whose policy is missing must not fall back to another one: what the officer asked for is not known.
function missingPolicy(model: ServedModel) {
  return fail('model_not_ready', {
    param: 'model',
    detail: `The privacy policy "${model.policyName}" of this model does not exist.`,
    remedy: 'Apply a PrivacyPolicy of that name, or change spec.privacy.policy.',
  });
}
