import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { environment, PACKAGE_FOLDER, readConfig } from './config.ts';

test('an empty environment gives the defaults, and an empty variable counts as not set', () => {
  const config = readConfig({ INTRAMUROS_PORT: '', PATH: '/bin' });
  assert.deepEqual([config.adminPort, config.gatewayPort, config.requestsPerMinute], [8080, 8081, 600]);
  assert.equal(config.dataFolder, join(PACKAGE_FOLDER, '.intramuros'));
  assert.equal(readConfig({ INTRAMUROS_DATA: 'here' }).dataFolder, join(process.cwd(), 'here'));
});

test('every variable refuses a wrong value with its own name, and never repeats the value', () => {
  const wrong: Record<string, string> = {
    INTRAMUROS_PORT: '65536',
    INTRAMUROS_GATEWAY_PORT: 'eighty',
    INTRAMUROS_ADMIN_PASSWORD: 'short',
    DATABASE_URL: 'mysql://elsewhere',
    INTRAMUROS_ENGINE_THREADS: '0',
    INTRAMUROS_LOG_LEVEL: 'loud',
    INTRAMUROS_REQUESTS_PER_MINUTE: '1.5',
    INTRAMUROS_MAX_BODY_BYTES: '12',
    INTRAMUROS_QUEUE_TIMEOUT_MS: '-1',
    INTRAMUROS_FIRST_BYTE_TIMEOUT_MS: 'soon',
    INTRAMUROS_BETWEEN_BYTES_TIMEOUT_MS: '0',
    INTRAMUROS_HOST: 'somewhere',
    INTRAMUROS_ALLOW_PLAIN: 'yes',
    INTRAMUROS_PUBLIC_HOSTS: 'a b',
    INTRAMUROS_WITNESS_URL: 'nowhere',
    INTRAMUROS_OIDC_ISSUER: 'nowhere',
    INTRAMUROS_OIDC_SCOPES: 'profile',
    INTRAMUROS_PUBLIC_URL: 'nowhere',
    INTRAMUROS_LDAP_URL: 'http://elsewhere',
    INTRAMUROS_LDAP_USER_ATTRIBUTE: 'a b',
    INTRAMUROS_VAULT_ADDR: 'http://vault.bank.example',
    INTRAMUROS_VAULT_NAMESPACE: 'a b',
    INTRAMUROS_VAULT_AUTH_MOUNT: '/approle',
    INTRAMUROS_VAULT_KV_MOUNT: 'secret?',
    INTRAMUROS_VAULT_PATH: 'a//b',
    INTRAMUROS_VAULT_TRANSIT_MOUNT: '../sys',
    INTRAMUROS_VAULT_TRANSIT_KEY: 'a/b',
  };
  // Any text is a path.
  const free = [
    'INTRAMUROS_DATA',
    'INTRAMUROS_LLAMA_SERVER',
    'INTRAMUROS_TLS_CERT',
    'INTRAMUROS_TLS_KEY',
    'INTRAMUROS_WITNESS_KEY',
    'INTRAMUROS_LOGIN_FILE',
    'INTRAMUROS_GROUPS_FILE',
    'INTRAMUROS_OIDC_CLIENT_ID',
    'INTRAMUROS_OIDC_CLIENT_SECRET_FILE',
    'INTRAMUROS_OIDC_LABEL',
    'INTRAMUROS_OIDC_GROUPS_CLAIM',
    'INTRAMUROS_OIDC_NAME_CLAIM',
    'INTRAMUROS_LDAP_CA_FILE',
    'INTRAMUROS_LDAP_BIND_DN',
    'INTRAMUROS_LDAP_BIND_PASSWORD_FILE',
    'INTRAMUROS_LDAP_BASE',
    'INTRAMUROS_LDAP_GROUP_BASE',
    'INTRAMUROS_SEALING_KEY_FILE',
    'INTRAMUROS_VAULT_CA_FILE',
    'INTRAMUROS_VAULT_ROLE_ID_FILE',
    'INTRAMUROS_VAULT_SECRET_ID_FILE',
    'INTRAMUROS_VAULT_KUBERNETES_ROLE',
    'INTRAMUROS_VAULT_KUBERNETES_TOKEN_FILE',
  ];
  assert.deepEqual(Object.keys(environment.shape).sort(), [...Object.keys(wrong), ...free].sort());
  for (const [name, value] of Object.entries(wrong)) {
    assert.throws(
      () => readConfig({ [name]: value }),
      (error: { code: string; param: string; message: string }) => {
        assert.deepEqual([error.code, error.param], ['invalid_configuration', name]);
        assert.match(error.message, new RegExp(`^${name}: must `));
        return !error.message.includes(`"${value}"`) && !/NaN|expected/.test(error.message);
      },
      name,
    );
  }
});

test('a misspelt variable is told; those of engines and tests are not', () => {
  const { unknownVariables } = readConfig({ INTRAMUROS_PROT: '1', INTRAMUROS_TEST_LONG: '1', HOME: '/' });
  assert.deepEqual(unknownVariables, ['INTRAMUROS_PROT']);
});

test('a Vault needs a way to sign in, and a service account comes before an AppRole', () => {
  const env = { INTRAMUROS_VAULT_ADDR: 'https://vault.bank.example/' };
  assert.throws(() => readConfig(env), { code: 'invalid_configuration', param: 'INTRAMUROS_VAULT_ADDR' });
  const { vault } = readConfig({ ...env, INTRAMUROS_VAULT_KUBERNETES_ROLE: 'gateway' });
  assert.equal(vault?.address, 'https://vault.bank.example');
  assert.deepEqual([vault?.signIn.kind, vault?.signIn.mount], ['kubernetes', 'kubernetes']);
});

test('a company sign-in needs what goes with it', () => {
  const missing = (env: Record<string, string>) => {
    try {
      readConfig(env);
    } catch (error) {
      return (error as { param?: string }).param;
    }
    return undefined;
  };
  const groups = { INTRAMUROS_GROUPS_FILE: 'groups.yaml' };
  const oidc = { INTRAMUROS_OIDC_ISSUER: 'https://login.bank.example' };
  assert.equal(missing(oidc), 'INTRAMUROS_GROUPS_FILE');
  assert.equal(missing({ ...oidc, ...groups }), 'INTRAMUROS_OIDC_CLIENT_ID');
  assert.equal(missing({ ...oidc, ...groups, INTRAMUROS_OIDC_CLIENT_ID: 'a' }), 'INTRAMUROS_PUBLIC_URL');
  const ldap = { ...groups, INTRAMUROS_LDAP_URL: 'ldaps://ldap.bank.example', INTRAMUROS_LDAP_BASE: 'dc=x' };
  assert.equal(missing(ldap), 'INTRAMUROS_LDAP_BIND_DN');
  const whole = { ...ldap, INTRAMUROS_LDAP_BIND_DN: 'cn=x', INTRAMUROS_LDAP_BIND_PASSWORD_FILE: 'secret' };
  assert.equal(readConfig(whole).identity.ldap?.userAttribute, 'uid');
});
