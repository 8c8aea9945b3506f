// What the gateway counts, from the note of a request to the scrape, the database and the view of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { METRICS_CONTENT_TYPE, renderMetrics } from '../../control-plane/admin/health/metrics.ts';
import { usageRows } from '../../control-plane/admin/usage/usage-rows.ts';
import { gatewayMetrics } from '../../control-plane/cli/gateway-metrics.ts';
import { startUsageWriter } from '../../control-plane/cli/usage-writer.ts';
import { openDatabase } from '../../control-plane/database/database.ts';
import type { RequestNote } from '../../control-plane/gateway/request-line.ts';
import { createUsageMeter, type UsageDelta } from '../../control-plane/gateway/usage-meter.ts';
import { startTemporaryDatabase } from '../database/temporary-database.ts';

const ended = (ms: number) => ({ id: 'r', status: 200, ms });
const answered = (facts: Partial<RequestNote> = {}): RequestNote => ({
  endpoint: 'chat.completions',
  model: 'clinical',
  tenant: 'radiology',
  code: 'answered',
  promptTokens: 100,
  completionTokens: 20,
  queueMs: 3,
  firstByteMs: 55,
  ...facts,
});

/** The lines of a scrape as numbers by their whole name. */
function readScrape(text: string): Map<string, number> {
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    samples.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

test('a scrape tells requests, tokens, times and codes by model, under the names of the GenAI conventions', () => {
  const meter = createUsageMeter();
  meter.count(answered(), ended(900));
  meter.count(answered(), ended(100));
  meter.count(
    answered({ code: 'engine_timeout', promptTokens: undefined, completionTokens: undefined }),
    ended(90_000),
  );
  meter.count({ endpoint: 'unknown', code: 'not_found' }, ended(1));
  meter.count({ endpoint: 'health', code: 'answered' }, ended(1));
  const text = renderMetrics(gatewayMetrics(meter));
  const scrape = readScrape(text);
  const labels = 'gen_ai_operation_name="chat",gen_ai_request_model="clinical"';
  const duration = 'gen_ai_server_request_duration_seconds';
  assert.equal(scrape.get(`${duration}_count{${labels}}`), 3);
  assert.equal(scrape.get(`${duration}_sum{${labels}}`), 91);
  assert.equal(scrape.get(`${duration}_bucket{${labels},le="0.08"}`), 0);
  assert.equal(scrape.get(`${duration}_bucket{${labels},le="0.16"}`), 1);
  assert.equal(scrape.get(`${duration}_bucket{${labels},le="1.28"}`), 2);
  assert.equal(scrape.get(`${duration}_bucket{${labels},le="81.92"}`), 2);
  assert.equal(scrape.get(`${duration}_bucket{${labels},le="+Inf"}`), 3);
  assert.equal(scrape.get(`gen_ai_server_time_to_first_token_seconds_count{${labels}}`), 3);
  assert.equal(scrape.get(`gen_ai_client_token_usage_sum{${labels},gen_ai_token_type="input"}`), 200);
  assert.equal(scrape.get(`gen_ai_client_token_usage_sum{${labels},gen_ai_token_type="output"}`), 40);
  assert.equal(scrape.get(`intramuros_gateway_requests_total{${labels},code="answered"}`), 2);
  assert.equal(scrape.get(`intramuros_gateway_requests_total{${labels},code="engine_timeout"}`), 1);
  assert.equal(scrape.get('intramuros_gateway_refusals_total{code="not_found"}'), 1);
  assert.doesNotMatch(text, /radiology/, 'tenants are in the usage view, not in a scrape that nobody signs in for');
  assert.match(METRICS_CONTENT_TYPE, /openmetrics/);
});

test('a flood of names is bounded: what is beyond is counted together, and nothing is lost', () => {
  const meter = createUsageMeter();
  for (let n = 0; n < 5000; n += 1) meter.count(answered({ model: `m${n}`, tenant: `t${n}` }), ended(1));
  assert.ok(meter.series().length <= 501, `${meter.series().length}`);
  assert.equal(
    meter.series().reduce((sum, { duration }) => sum + duration.count, 0),
    5000,
  );
  const taken = meter.take();
  assert.ok(taken.length <= 501);
  assert.equal(
    taken.reduce((sum, { requests }) => sum + requests, 0),
    5000,
  );
  assert.deepEqual(meter.take(), []);
});

test('what cannot be written waits, and is written once the database answers', async () => {
  const meter = createUsageMeter();
  const written: UsageDelta[] = [];
  let isAway = true;
  let told = 0;
  const usage = {
    async add(deltas: readonly UsageDelta[]) {
      if (isAway) throw new Error('away');
      written.push(...deltas);
    },
    removeOld: async () => {},
  };
  const writer = startUsageWriter({ meter, usage, onError: () => (told += 1), everyMs: 3_600_000 });
  meter.count(answered(), ended(10));
  await writer.flush();
  meter.count(answered(), ended(10));
  await writer.flush();
  assert.equal(told, 1, 'told once');
  isAway = false;
  await writer.stop();
  assert.deepEqual(
    written.map(({ requests, promptTokens, tenant }) => [requests, promptTokens, tenant]),
    [[2, 200, 'radiology']],
  );
});

test('the database adds what several gateways counted in a minute, and gives it by step, model and tenant', async () => {
  const temporary = await startTemporaryDatabase();
  const database = await openDatabase(temporary.server.url);
  try {
    const rows = usageRows(database);
    const meters = [createUsageMeter(), createUsageMeter()];
    for (const meter of meters) {
      meter.count(answered(), ended(100));
      meter.count(answered({ tenant: 'law', code: 'engine_failed' }), ended(50));
    }
    await Promise.all(meters.map((meter) => rows.add(meter.take())));
    await rows.add([]);
    const question = {
      from: new Date(Date.now() - 3_600_000),
      to: new Date(Date.now() + 3_600_000),
      stepS: 7200,
    };
    const all = await rows.read(question);
    assert.equal(
      all.reduce((sum, { requests }) => sum + requests, 0),
      4,
    );
    const law = await rows.read({ ...question, tenant: 'law' });
    assert.deepEqual(
      law.map(({ tenant, requests, errors, durationMs }) => [tenant, requests, errors, durationMs]),
      [['law', 2, 2, 100]],
    );
    assert.deepEqual(await rows.read({ ...question, model: 'another' }), []);
    await rows.removeOld();
    assert.equal((await rows.read(question)).length, 2, 'what is young stays');
  } finally {
    await database.stop();
    await temporary.stop();
  }
});
