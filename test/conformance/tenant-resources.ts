// Valid and invalid tenants, as resources.ts has them of the other kinds.

import { type InvalidCase, refused, type ValidCase } from './resource-case.ts';

function tenant(spec: unknown, metadata: unknown = { name: 'cardiology' }): unknown {
  return { apiVersion: 'intramuros.dev/v1alpha1', kind: 'Tenant', metadata, spec };
}

export const TENANTS: readonly ValidCase[] = [
  { name: 'the smallest tenant', resource: tenant({}) },
  { name: 'the tenant of keys that name none', resource: tenant({ requestsPerMinute: 60 }, { name: 'default' }) },
  {
    name: 'a full tenant',
    resource: tenant({
      namespaces: ['cardiology', 'shared'],
      policy: 'strict',
      requestsPerMinute: 600,
      tokensPerMinute: 100_000,
      entitlements: { models: ['mistral-7b.v0.3', 'clinical:letters'], leastClass: 'confidential' },
      policyApproval: 'secondPerson',
    }),
  },
];

export const BAD_TENANTS: readonly InvalidCase[] = [
  refused(
    'a tenant in a namespace',
    tenant({}, { name: 'a', namespace: 'b' }),
    'metadata.namespace',
    'remove',
    'metadata',
  ),
  refused('a tenant whose name is no namespace', tenant({}, { name: 'a.b' }), 'metadata.name', 'cardiology', 'rule'),
  refused('a tenant by the name of none', tenant({}, { name: 'unknown' }), 'metadata.name', 'another name', 'rule'),
  refused('a tenant without a namespace', tenant({ namespaces: [] }), 'spec.namespaces', '', 'schema'),
  refused(
    'a namespace with a dot for a tenant',
    tenant({ namespaces: ['a.b'] }),
    'spec.namespaces[0]',
    'dashes',
    'rule',
  ),
  refused('a namespace twice', tenant({ namespaces: ['a', 'a'] }), 'spec.namespaces', 'twice', 'schema'),
  refused('a floor that is no name', tenant({ policy: 'Strict' }), 'spec.policy', 'lower-case', 'rule'),
  refused('no request a minute', tenant({ requestsPerMinute: 0 }), 'spec.requestsPerMinute', 'no limit', 'rule'),
  refused('half a request a minute', tenant({ requestsPerMinute: 0.5 }), 'spec.requestsPerMinute', 'integer', 'schema'),
  refused('tokens below none', tenant({ tokensPerMinute: -1 }), 'spec.tokensPerMinute', 'between 1', 'rule'),
  refused(
    'a class that is none',
    tenant({ entitlements: { leastClass: 'secret' } }),
    'spec.entitlements.leastClass',
    'internal',
    'rule',
  ),
  refused(
    'a model that is no name',
    tenant({ entitlements: { models: ['A model'] } }),
    'spec.entitlements.models[0]',
    'MODEL:ADAPTER',
    'rule',
  ),
  refused(
    'a model twice',
    tenant({ entitlements: { models: ['a', 'a'] } }),
    'spec.entitlements.models',
    'twice',
    'schema',
  ),
  refused('an approval by nobody', tenant({ policyApproval: 'nobody' }), 'spec.policyApproval', 'secondPerson', 'rule'),
  refused('quotas that nothing enforces yet', tenant({ gpus: 2 }), 'spec.gpus', 'remove it', 'unknown field'),
];
