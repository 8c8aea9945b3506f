// The promise, end to end: the engine gets surrogates, the caller gets their own values back, and no value is anywhere
// else: not in the data folder with its database, not in the log, the metrics or the status.

import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { personalValues } from '../wire/personal-values.ts';
import { ask, ProductFolder } from './product.ts';

const tools = mkdtempSync(join(tmpdir(), 'intramuros-engine-'));
const journal = join(tools, 'journal');
const server = join(tools, 'recording-server');
const script = fileURLToPath(new URL('recording-engine.ts', import.meta.url));
writeFileSync(journal, '');
writeFileSync(server, `#!/bin/sh\nexec "${process.execPath}" "${script}" --journal "${journal}" "$@"\n`);
chmodSync(server, 0o755);
const product = new ProductFolder({ INTRAMUROS_LLAMA_SERVER: server });

after(() => {
  product.remove();
  rmSync(tools, { recursive: true, force: true });
});

/** Files of a folder, those of the database among them, that hold any of the values. */
function filesWith(folder: string, values: readonly string[]): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .filter((path) => {
      const bytes = readFileSync(path);
      return values.some((value) => bytes.includes(value));
    });
}

test('the engine sees surrogates, the caller their own values, and nothing else holds them', async () => {
  const make = personalValues();
  const values = [make.email(), make.phone(), make.nir(), make.email(), make.phone()];
  const { admin, gateway, logged } = await product.start();
  const key = await product.intramuros('key', 'create', 'canary');
  const text = `À noter : ${values.join(' ; ')} ; fin.`;
  const messages = [
    { role: 'system', content: `Réponds à ${values[0] ?? ''}.` },
    { role: 'user', content: text },
  ];

  const whole = await ask(gateway, key, { model: 'clinical-extraction', messages, response_format: { type: 'text' } });
  assert.equal(whole.status, 200);
  const answer = (await whole.json()) as { choices: { message: { content: string } }[] };
  assert.equal(answer.choices[0]?.message.content, text);

  const streamed = await ask(gateway, key, {
    model: 'clinical-extraction',
    messages,
    stream: true,
    response_format: { type: 'text' },
  });
  const pieces = (await streamed.text())
    .split('\n\n')
    .filter((event) => event.startsWith('data: {'))
    .map((event) => JSON.parse(event.slice(6)) as { choices: { delta: { content?: string } }[] });
  assert.equal(pieces.map(({ choices }) => choices[0]?.delta.content ?? '').join(''), text);

  const seen = readFileSync(journal, 'utf8');
  assert.equal(seen.trim().split('\n').length, 2);
  assert.match(seen, /<EMAIL_1[a-z]{2}/);
  for (const [index, value] of values.entries()) assert.ok(!seen.includes(value), `value ${index} reached the engine`);

  // A refusal must not carry them either.
  const refused = await ask(gateway, key, { model: values[0] ?? '', messages });
  assert.equal(refused.status, 404);
  const everywhere = [
    logged(),
    await (await fetch(`${admin}/metrics`)).text(),
    await product.intramuros('get', 'models', '-o', 'json'),
    refused.headers.get('x-intramuros-receipt') ?? '',
  ].join('\n');
  for (const [index, value] of values.entries()) assert.ok(!everywhere.includes(value), `value ${index} leaked`);
  await new Promise((resolve) => setTimeout(resolve, 1500)); // outcomes are written, the log is put in order
  assert.deepEqual(filesWith(product.path, values), []);
});

test('an engine that is killed is an error to the caller, not an answer', async () => {
  const bundled = new ProductFolder();
  try {
    const running = await bundled.start();
    const key = await bundled.intramuros('key', 'create', 'kill');
    const engines = readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry))
      .filter((entry) => isEngineOf(Number(entry), running.child.pid ?? 0));
    assert.ok(engines.length > 0);
    for (const engine of engines) process.kill(Number(engine), 'SIGKILL');
    const answer = await ask(running.gateway, key, {
      model: 'clinical-extraction',
      messages: [{ role: 'user', content: 'Patient de 60 ans.' }],
    });
    assert.ok([502, 503].includes(answer.status), String(answer.status));
    const { error } = (await answer.json()) as { error: { code: string } };
    assert.ok(['engine_failed', 'model_not_ready'].includes(error.code), error.code);
    await bundled.stop(running);
  } finally {
    bundled.remove();
  }
});

function isEngineOf(pid: number, parent: number): boolean {
  try {
    const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
    return (
      Number(rest.split(' ')[1]) === parent && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('llama-worker')
    );
  } catch {
    return false;
  }
}
