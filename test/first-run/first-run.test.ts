// The first run as a newcomer has it: the product in one process tree on an empty folder, asked over HTTP.

import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { REPOSITORY } from '../house/sources.ts';
import { ask, ProductFolder } from './product.ts';

const FIRST_ANSWER_MS = 30_000;
const STOP_MS = 15_000;

const product = new ProductFolder();
const folder = product.path;

after(() => product.remove());

function report(): { name: string; text: string } {
  const name = `${'BCDFGLMNPRST'.charAt(randomInt(12))}${['avier', 'orval', 'assin', 'uvret'][randomInt(4)]}${randomInt(2) ? 'e' : ''}`;
  const text = `Mme ${name}, née le ${randomInt(10, 28)}/0${randomInt(1, 9)}/19${randomInt(40, 99)}, est admise pour dyspnée.`;
  return { name, text };
}

test('an empty folder becomes a product that answers, records, stops cleanly and starts again with its data', async () => {
  const beganAtMs = performance.now();
  const first = await product.start();
  assert.match(first.printed, /^first password of account admin, shown this once: \S{12,}$/m);
  for (const address of [first.admin, first.gateway]) assert.equal((await fetch(`${address}/readyz`)).status, 200);

  const key = await product.intramuros('key', 'create', 'first-run');
  assert.match(key, /^im_[A-Za-z0-9]{8}_[A-Za-z0-9]{32}$/);
  const { name, text } = report();
  const body = { model: 'clinical-extraction', messages: [{ role: 'user', content: text }] };
  const answer = await ask(first.gateway, key, body);
  assert.equal(answer.status, 200);
  assert.ok(performance.now() - beganAtMs < FIRST_ANSWER_MS);
  const { choices } = (await answer.json()) as { choices: { message: { content: string } }[] };
  const extracted = JSON.parse(choices[0]?.message.content ?? '') as object;
  const schema = JSON.parse(
    readFileSync(join(REPOSITORY, 'control-plane/models/clinical-extraction.schema.json'), 'utf8'),
  ) as { properties: object };
  assert.deepEqual(Object.keys(extracted), Object.keys(schema.properties), 'in the order of the schema');

  const receipt = answer.headers.get('x-intramuros-receipt') ?? '';
  assert.match(receipt, /^imr_[0-9A-HJKMNP-TV-Z]{26}$/);
  const requestFile = join(folder, 'request.json');
  writeFileSync(requestFile, JSON.stringify(body));
  const seen = await product.intramuros('redact', '--request', requestFile, '--key', key);
  assert.match(seen, /<PERSON_1[a-z]{2}>/);
  assert.ok(!seen.includes(name));
  assert.match(await product.intramuros('audit', 'match', receipt, '--text', requestFile), /request\.digest/);

  const bundle = join(folder, 'bundle');
  await product.intramuros('audit', 'export', '--out', bundle);
  const keptKey = join(folder, 'kept.pub');
  copyFileSync(join(bundle, 'log-key.pub'), keptKey);
  const verdict = await product.intramuros('audit', 'verify', bundle, '--key', keptKey);
  assert.match(verdict, /^verified: /);
  assert.doesNotMatch(verdict, /does not know/);
  const entries = readdirSync(join(bundle, 'tile/entries'), { recursive: true, encoding: 'utf8' }).at(-1) ?? '';
  const tampered = join(bundle, 'tile/entries', entries);
  const bytes = readFileSync(tampered);
  bytes[40] = (bytes[40] ?? 0) ^ 1;
  writeFileSync(tampered, bytes);
  await assert.rejects(
    product.intramuros('audit', 'verify', bundle, '--key', keptKey),
    (error: { code: number; stdout: string }) => error.code === 1 && /first bad record: 0/.test(error.stdout),
  );

  // A second start on the same folder says who has it, and leaves the first alone.
  await assert.rejects(
    product.intramuros('serve'),
    (error: { code: number; stderr: string }) => error.code === 1 && /in use by process \d+/.test(error.stderr),
  );

  const ended = await product.stop(first);
  assert.equal(ended.code, 0);
  assert.ok(ended.tookMs < STOP_MS);
  assert.deepEqual(product.leftOver(), []);
  assert.ok(!existsSync(join(folder, 'admin.json')));

  const second = await product.start();
  assert.doesNotMatch(second.printed, /first password/);
  assert.equal((await ask(second.gateway, key, body)).status, 200, 'the key of the first run holds');
  await product.stop(second);
});
