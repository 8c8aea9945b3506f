import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chosenTenant, tenantModelsOf } from './tenant-models.ts';

const tenant = (name: string, namespaces?: readonly string[]) => ({
  metadata: { name },
  spec: { policyApproval: 'none' as const, ...(namespaces === undefined ? {} : { namespaces: [...namespaces] }) },
});

test('the tenant default is there without a resource, and a resource of its name says more about it', () => {
  assert.deepEqual(tenantModelsOf([]), [{ name: 'default', namespaces: ['default'] }]);
  assert.deepEqual(tenantModelsOf([tenant('lab'), tenant('default', ['shared']), tenant('heart', ['a', 'b'])]), [
    { name: 'default', namespaces: ['shared'] },
    { name: 'heart', namespaces: ['a', 'b'] },
    { name: 'lab', namespaces: ['lab'] },
  ]);
});

test('a tenant is the one that was asked for, or the one that sees the model', () => {
  const tenants = tenantModelsOf([tenant('heart', ['a']), tenant('lab')]);
  assert.equal(chosenTenant(tenants, { tenant: 'lab', namespace: 'a' }).name, 'lab');
  assert.equal(chosenTenant(tenants, { tenant: undefined, namespace: 'a' }).name, 'heart');
  assert.equal(chosenTenant(tenants, { tenant: 'gone', namespace: 'nowhere' }).name, 'default');
});
