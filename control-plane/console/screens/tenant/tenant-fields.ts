// A Tenant as the fields of a form and back. What is left empty is left out; what is no number goes as it was typed, for
// the API to say so at its field. Whose fields are whose stands in the API's own table (admin/resources/tenant-fields.ts).

import type { Tenant, TenantSpec } from '../../../../operator/api/v1alpha1/tenant.ts';

export interface TenantFields {
  readonly name: string;
  readonly namespaces: string;
  readonly requestsPerMinute: string;
  readonly tokensPerMinute: string;
  readonly policy: string;
  readonly models: string;
  readonly leastClass: string;
  readonly policyApproval: string;
}

export const LIMIT_FIELDS = ['namespaces', 'requestsPerMinute', 'tokensPerMinute'] as const;

export const PATHS: Readonly<Record<keyof TenantFields, string>> = {
  name: 'metadata.name',
  namespaces: 'spec.namespaces',
  requestsPerMinute: 'spec.requestsPerMinute',
  tokensPerMinute: 'spec.tokensPerMinute',
  policy: 'spec.policy',
  models: 'spec.entitlements.models',
  leastClass: 'spec.entitlements.leastClass',
  policyApproval: 'spec.policyApproval',
};

export function fieldsOf(tenant: Tenant | undefined): TenantFields {
  const spec = tenant?.spec;
  return {
    name: tenant?.metadata.name ?? '',
    namespaces: spec?.namespaces?.join(' ') ?? '',
    requestsPerMinute: spec?.requestsPerMinute?.toString() ?? '',
    tokensPerMinute: spec?.tokensPerMinute?.toString() ?? '',
    policy: spec?.policy ?? '',
    models: spec?.entitlements?.models?.join(' ') ?? '',
    leastClass: spec?.entitlements?.leastClass ?? 'internal',
    policyApproval: spec?.policyApproval ?? 'none',
  };
}

/** The whole resource, with the version that the form was opened on: a change that came between is not lost. */
export function tenantOf(fields: TenantFields, base: Tenant | undefined): Tenant {
  const namespaces = wordsOf(fields.namespaces);
  const entitlements = entitlementsOf(fields, base);
  const spec = {
    ...(namespaces.length === 0 ? {} : { namespaces }),
    ...(fields.policy === '' ? {} : { policy: fields.policy }),
    ...numberOf('requestsPerMinute', fields.requestsPerMinute),
    ...numberOf('tokensPerMinute', fields.tokensPerMinute),
    ...(entitlements === undefined ? {} : { entitlements }),
    policyApproval: fields.policyApproval,
  };
  return {
    apiVersion: 'intramuros.dev/v1alpha1',
    kind: 'Tenant',
    metadata: base?.metadata ?? { name: fields.name.trim() },
    spec: spec as TenantSpec,
  };
}

/** Left out where it says nothing, unless it was there: what did not change must not look like a change. */
function entitlementsOf({ models, leastClass }: TenantFields, base: Tenant | undefined) {
  const names = wordsOf(models);
  if (names.length === 0 && leastClass === 'internal' && base?.spec.entitlements === undefined) return undefined;
  return { ...(names.length === 0 ? {} : { models: names }), leastClass };
}

function numberOf(name: string, text: string) {
  const typed = text.trim();
  if (typed === '') return {};
  const value = Number(typed);
  return { [name]: Number.isNaN(value) ? typed : value };
}

function wordsOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}
