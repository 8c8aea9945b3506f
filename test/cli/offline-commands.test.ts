// The commands that need nothing running: redact --json and plan.

import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { BundleToVerify } from '../../control-plane/cli/command.ts';
import { createLocalPlanner } from '../../control-plane/cli/local-planner.ts';
import { chooseEngine } from '../../operator/engines/engines.ts';
import { ggufFixture } from '../fixtures/gguf.ts';
import { MODEL_YAML, openTerminal, POLICY_YAML } from './cli-harness.ts';

interface OutputLine {
  readonly id: string | number;
  readonly text: string | null;
  readonly entities: readonly { start: number; end: number; type: string; score: number; recogniser: string }[];
}

const linesOf = (out: string): OutputLine[] =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as OutputLine);
const mail = () => `user${randomInt(1e6)}@example.org`;

test('each line comes back redacted, in order, with offsets in UTF-16 units of the text given', async (t) => {
  const { run } = await openTerminal(t);
  const address = mail();
  const texts = [`Écrire à ${address}.`, `😀😀 ${address} 😀`, 'Rien ici.', ''];
  const input = texts.map((text, id) => JSON.stringify({ id, text })).join('\n');
  const { code, out, err } = await run(['redact', '--json'], input);
  assert.deepEqual([code, err], [0, '']);
  const lines = linesOf(out);
  assert.deepEqual(
    lines.map(({ id }) => id),
    [0, 1, 2, 3],
  );
  for (const [index, { text, entities }] of lines.entries()) {
    const given = texts[index] ?? '';
    assert.ok(!text?.includes(address));
    for (const { start, end, type, score, recogniser } of entities) {
      assert.equal(given.slice(start, end), address);
      assert.equal(type, 'EMAIL');
      assert.ok(score > 0 && score <= 1 && recogniser !== '');
    }
    assert.equal(entities.length, given.includes(address) ? 1 : 0);
  }
  assert.match(lines[0]?.text ?? '', /^Écrire à <EMAIL_1[a-z]{2}>\.$/);
});

test('the cut of the input into chunks changes nothing, in the middle of a character either', async (t) => {
  const { run } = await openTerminal(t);
  const input = Array.from({ length: 20 }, (_, id) => JSON.stringify({ id: `n°${id}`, text: `é😀 ${mail()}\n` })).join(
    '\r\n',
  );
  const whole = await run(['redact', '--json'], input);
  const bytes = Buffer.from(input);
  const single = await run(
    ['redact', '--json'],
    Array.from(bytes, (_, index) => bytes.subarray(index, index + 1)),
  );
  assert.equal(single.out, whole.out);
  assert.equal(linesOf(whole.out).length, 20);
});

test('a line that is wrong is named with its field, after the lines before it were answered', async (t) => {
  const { run } = await openTerminal(t);
  const good = JSON.stringify({ id: 'a', text: 'Rien.' });
  const cases: [string, RegExp][] = [
    ['{', /line 3: It is not valid JSON\. Write one/],
    ['[]', /line 3: id: It must be a string or a number/],
    ['{"id":"b"}', /line 3: text: It must be a string/],
    ['{"id":"b","text":5}', /line 3: text: It must be a string/],
    ['{"id":null,"text":"x"}', /line 3: id: It must be/],
  ];
  for (const [bad, expected] of cases) {
    const { code, out, err } = await run(['redact', '--json'], `${good}\n\n${bad}\n${good}\n`);
    assert.equal(code, 1);
    assert.equal(linesOf(out).length, 1);
    assert.match(err, expected);
  }
});

test('--policy takes a file with one PrivacyPolicy, and blocked texts are not printed', async (t) => {
  const { run, folder } = await openTerminal(t);
  await writeFile(join(folder, 'strict.yaml'), POLICY_YAML);
  await writeFile(join(folder, 'model.yaml'), MODEL_YAML);
  const address = mail();
  const input = [
    { id: 1, text: 'Serveur 192.0.2.17.' },
    { id: 2, text: address },
  ]
    .map((line) => JSON.stringify(line))
    .join('\n');
  const { code, out } = await run(['redact', '--json', '--policy', 'strict.yaml'], input);
  assert.equal(code, 1);
  const [masked, blocked] = linesOf(out);
  assert.equal(masked?.text, 'Serveur <IP>.');
  assert.equal(blocked?.text, null);
  assert.equal(blocked?.entities[0]?.type, 'EMAIL');
  assert.equal((await run(['redact', '--json', '--policy', 'internal'], '')).code, 0);
  assert.match(
    (await run(['redact', '--json', '--policy', 'unknown'], '')).err,
    /--policy: No built-in policy has this name/,
  );
  assert.match(
    (await run(['redact', '--json', '--policy', 'none.yaml'], '')).err,
    /^intramuros: --policy: There is no file none\.yaml/,
  );
  assert.match(
    (await run(['redact', '--json', '--policy', 'model.yaml'], '')).err,
    /--policy: The file must hold exactly one/,
  );
});

test('plan says what a model would come to, and why it cannot, by exit code', async (t) => {
  const planner = async () =>
    createLocalPlanner({
      folders: { modelsFolder: '/nonexistent', bundledModels: {} },
      engines: [chooseEngine({})],
      slots: 1,
    });
  const { run, folder } = await openTerminal(t, { planner });
  await writeFile(join(folder, 'model.yaml'), MODEL_YAML);
  const missing = await run(['plan', '-f', 'model.yaml']);
  assert.equal(missing.code, 1);
  assert.match(missing.out, /Model default\/notes[\s\S]*SourceVerified: False, MissingFile/);
  const data = JSON.parse((await run(['plan', '-f', 'model.yaml', '-o', 'json'])).out) as {
    feasible: boolean;
    plans: unknown[];
  };
  assert.deepEqual([data.feasible, data.plans.length], [false, 1]);
  assert.equal((await run(['plan', '-f', '-'], POLICY_YAML)).code, 0);
  const real = MODEL_YAML.replace('file:///srv/models/notes.gguf', `file://${ggufFixture({ shape: 'llama' })}`);
  const fits = await run(['plan', '-f', '-'], real);
  assert.deepEqual([fits.code, fits.err], [0, '']);
  assert.match(fits.out, /1 of 1 would start/);
  const unknownPolicy = `${real}  privacy: { policy: strict }\n`;
  assert.equal((await run(['plan', '-f', '-'], unknownPolicy)).code, 1);
  assert.equal((await run(['plan', '-f', '-'], `${unknownPolicy}---\n${POLICY_YAML}`)).code, 0);
});

test('audit verify hands over folder, key and checkpoint, and its exit code is the verdict', async (t) => {
  const seen: BundleToVerify[] = [];
  const { run, folder } = await openTerminal(t, {
    verifier: async () => async (bundle) => {
      seen.push(bundle);
      return bundle.since === undefined ? { ok: true, text: 'good\n' } : { ok: false, text: 'record 7\n', index: 7 };
    },
  });
  await writeFile(join(folder, 'log.pub'), 'the key');
  await writeFile(join(folder, 'checkpoint'), 'the checkpoint');
  await mkdir(join(folder, 'bundle'));
  assert.deepEqual(await run(['audit', 'verify', 'bundle', '--key', 'log.pub']), { code: 0, out: 'good\n', err: '' });
  const bad = await run(['audit', 'verify', 'bundle', '--key', 'log.pub', '--since', 'checkpoint', '-o', 'json']);
  assert.deepEqual([bad.code, JSON.parse(bad.out)], [1, { ok: false, index: 7 }]);
  const key = { folder: join(folder, 'bundle'), key: 'the key' };
  assert.deepEqual(seen, [key, { ...key, since: 'the checkpoint' }]);
  assert.match((await run(['audit', 'verify', 'bundle', '--key', 'none'])).err, /--key: There is no file none/);
  assert.match(
    (await run(['audit', 'verify', 'bundle', '--key', 'log.pub', '--since', 'none'])).err,
    /--since: There is no file/,
  );
  const mistyped = await run(['audit', 'verify', 'bundel', '--key', 'log.pub']);
  assert.deepEqual([mistyped.code, mistyped.out], [1, '']);
  assert.match(mistyped.err, /DIR: There is no folder bundel\. Name one/);
});

test('a reader that leaves ends the command without a word', async (t) => {
  const { run } = await openTerminal(t);
  const line = `${JSON.stringify({ id: 1, text: 'Rien.' })}\n`;
  const { code, err } = await run(
    ['redact', '--json'],
    Array.from({ length: 10 }, () => Buffer.from(line)),
    { closesAfter: 1 },
  );
  assert.deepEqual([code, err], [1, '']);
});
