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
