// Which action it is to read, apply or delete a resource: that depends on its kind, because models are the admin's and
// policies the officer's. A kind without a row does not compile. Imports operator/api and identity types.

import { findKind, type Kind } from '../../../operator/api/resource.ts';
import type { ActionChoice } from '../http/route.ts';
import type { Action } from '../identity/roles.ts';

export type ResourceVerb = 'read' | 'apply' | 'delete';

export const RESOURCE_ACTIONS: Readonly<Record<Kind, Readonly<Record<ResourceVerb, Action>>>> = {
  Model: { read: 'model.read', apply: 'model.apply', delete: 'model.delete' },
  PrivacyPolicy: { read: 'policy.read', apply: 'policy.apply', delete: 'policy.delete' },
  Tenant: { read: 'tenant.read', apply: 'tenant.apply', delete: 'tenant.delete' },
};

/** The action of a route whose path names a kind. */
export function byKind(verb: ResourceVerb): ActionChoice {
  return {
    param: 'kind',
    actions: Object.fromEntries(Object.entries(RESOURCE_ACTIONS).map(([kind, verbs]) => [kind, verbs[verb]])),
    choose: (word) => {
      const kind = findKind(word);
      return kind === undefined ? undefined : RESOURCE_ACTIONS[kind][verb];
    },
  };
}
