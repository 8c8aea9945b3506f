// Every secret of the real product is rotated while applications call it: no request fails, older records still match,
// and a bundle verifies with the verifier key from before.
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { SECRET_NAMES } from '../../control-plane/secrets/secrets.ts';
import { ask, ProductFolder } from '../first-run/product.ts';

const product = new ProductFolder();
after(() => product.remove());

test('each secret is rotated under traffic, and nothing fails', async () => {
  const running = await product.start();
  const key = await product.intramuros('key', 'create', 'rotation');
  const question = join(product.path, 'question.txt');
  const text = `une question assez longue ${process.pid}`;
  writeFileSync(question, text);
  const body = { model: 'clinical-extraction', messages: [{ role: 'user', content: text }], max_tokens: 2 };
  const first = await ask(running.gateway, key, body);
  assert.equal(first.status, 200, await first.text());
  const receipt = first.headers.get('x-intramuros-receipt') ?? '';
  const before = join(product.path, 'before');
  await product.intramuros('audit', 'export', '--out', before);
  const kept = join(product.path, 'kept.pub');
  copyFileSync(join(before, 'log-key.pub'), kept);

  const statuses: number[] = [];
  const end = new AbortController();
  const caller = async () => {
    while (!end.signal.aborted) {
      const answer = await ask(running.gateway, key, body);
      await answer.arrayBuffer();
      statuses.push(answer.status);
    }
  };
  const callers = [caller(), caller()];
  for (const name of SECRET_NAMES) {
    assert.match(await product.intramuros('secret', 'rotate', name), /has version 2/);
    const served = statuses.length;
    while (statuses.length < served + 3) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  end.abort();
  await Promise.all(callers);
  assert.ok(statuses.length >= 18, `${statuses.length} requests`);
  assert.deepEqual([...new Set(statuses)], [200]);

  const listed = await product.intramuros('secret', 'list');
  assert.equal(listed.match(/ current/g)?.length, SECRET_NAMES.length);
  assert.equal(listed.match(/ accepted/g)?.length, SECRET_NAMES.length);
  assert.match(await product.intramuros('audit', 'match', receipt, '--text', question), /^match: /);
  const last = await ask(running.gateway, key, body);
  const newest = last.headers.get('x-intramuros-receipt') ?? '';
  await last.arrayBuffer();
  assert.match(await product.intramuros('audit', 'match', newest, '--text', question), /^match: /);

  const bundle = join(product.path, 'bundle');
  await product.intramuros('audit', 'export', '--out', bundle);
  assert.ok(existsSync(join(bundle, 'log-key', '1')));
  const verdict = await product.intramuros(
    'audit',
    'verify',
    bundle,
    '--key',
    kept,
    '--since',
    join(before, 'checkpoint'),
  );
  assert.match(verdict, /^verified: /);
  assert.doesNotMatch(verdict, /does not know/);
  await product.stop(running);
  const again = await product.start();
  assert.equal((await ask(again.gateway, key, body)).status, 200, 'the same key, after a start');
  await product.stop(again);
});
