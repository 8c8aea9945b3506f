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
  };
  // Any text is a path.
  const free = ['INTRAMUROS_DATA', 'INTRAMUROS_LLAMA_SERVER'];
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
