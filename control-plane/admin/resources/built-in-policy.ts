// The policy that holds where a Model names none, as a resource to look at: it is part of the product, stands in no
// store, and can be neither changed nor deleted. Imports operator/api, policy and errors.

import type { PrivacyPolicy } from '../../../operator/api/v1alpha1/privacy-policy.ts';
import { type AppError, fail } from '../../errors.ts';
import { INTERNAL_POLICY } from '../../policy/effective-policy.ts';

export const BUILT_IN_ANNOTATION = 'intramuros.dev/built-in';

export const BUILT_IN_RESOURCE: PrivacyPolicy = {
  apiVersion: 'intramuros.dev/v1alpha1',
  kind: 'PrivacyPolicy',
  metadata: { name: INTERNAL_POLICY.name, annotations: { [BUILT_IN_ANNOTATION]: 'true' } },
  spec: INTERNAL_POLICY.spec,
};

export function isBuiltIn(kind: string, name: string): boolean {
  return kind === BUILT_IN_RESOURCE.kind && name === BUILT_IN_RESOURCE.metadata.name;
}

export function undeletable(): AppError {
  return fail('invalid_field', {
    param: 'name',
    detail: `The policy ${BUILT_IN_RESOURCE.metadata.name} is built in and cannot be deleted.`,
    remedy: 'Write a PrivacyPolicy of another name, and name it in spec.privacy.policy of the Models.',
  });
}
