// The commands that talk to a running product, against the real admin listener.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { fakeDependencies } from '../../control-plane/admin/fake-dependencies.ts';
import { startAdmin } from '../../control-plane/admin/start-admin.ts';
import { MODEL_YAML, openProduct, openTerminal, POLICY_YAML } from './cli-harness.ts';

test('apply creates, leaves alone and changes; get shows; delete removes', async (t) => {
  const { run, folder } = await openProduct(t);
  await writeFile(join(folder, 'both.yaml'), `${MODEL_YAML}---\n${POLICY_YAML}`);
  const first = await run(['apply', '-f', 'both.yaml']);
  assert.deepEqual(first, { code: 0, out: 'model/notes created\nprivacypolicy/strict created\n', err: '' });
  assert.equal((await run(['apply', '-f', '-'], MODEL_YAML)).out, 'model/notes unchanged\n');
  const changed = MODEL_YAML.replace('notes.gguf', 'other.gguf');
  assert.equal((await run(['apply', '--dry-run', '-f', '-'], changed)).out, 'model/notes configured (dry run)\n');
  assert.equal((await run(['apply', '-f', '-'], changed)).out, 'model/notes configured\n');

  const table = await run(['get', 'models']);
  assert.match(table.out, /^NAMESPACE +NAME +READY .*\ndefault +notes +-/);
  const yaml = parse((await run(['get', 'model', 'notes', '-o', 'yaml'])).out) as Record<string, never>;
  assert.equal(yaml['kind'], 'Model');
  const again = await run(['apply', '-f', '-'], (await run(['get', 'model', 'notes', '-o', 'yaml'])).out);
  assert.equal(again.out, 'model/notes unchanged\n', 'what get prints can be applied again');
  const json = JSON.parse((await run(['get', 'models', '-o', 'json'])).out) as { items: unknown[] };
  assert.equal(json.items.length, 1);
  assert.match((await run(['get', 'pp', 'strict'])).out, /strict +mask/);

  assert.equal((await run(['delete', 'model', 'notes'])).out, 'model/notes deleted\n');
  const gone = await run(['delete', 'model', 'notes']);
  assert.deepEqual(
    [gone.code, gone.err],
    [
      1,
      'intramuros: name: There is no Model of this name in this namespace. "intramuros get models" lists what there is.\n',
    ],
  );
  assert.match((await run(['get', 'models'])).out, /No models\./);
});

test('a namespace that cannot be one is a wrong command line; one without models says so', async (t) => {
  const { run } = await openProduct(t);
  for (const words of [
    ['get', 'models', '-n', 'BAD!'],
    ['get', 'model', 'notes', '-n', 'a.b'],
    ['delete', 'model', 'notes', '-n', 'a/b'],
    ['get', 'pp', '-n', 'Ward'],
  ]) {
    const { code, out, err } = await run(words);
    assert.deepEqual([code, out], [2, ''], words.join(' '));
    assert.match(err, /^intramuros: --namespace takes at most 63 lower-case letters, digits and dashes\.\n/);
  }
  assert.match((await run(['get', 'models', '-n', 'ward'])).out, /No models/);
});

test('the built-in policy is shown, marked, and cannot be deleted or applied', async (t) => {
  const { run } = await openProduct(t);
  await run(['apply', '-f', '-'], POLICY_YAML);
  assert.match((await run(['get', 'privacypolicies'])).out, /^internal \(built-in\) +pseudonymise .*\nstrict +mask/m);
  assert.match((await run(['get', 'pp', 'internal', '-n', 'ward'])).out, /^internal \(built-in\)/m);
  const shown = (await run(['get', 'pp', 'internal', '-o', 'yaml'])).out;
  assert.deepEqual((parse(shown) as { spec: unknown }).spec, { default: 'pseudonymise', minScore: 0.5, keep: [] });
  const deleted = await run(['delete', 'pp', 'internal']);
  assert.deepEqual([deleted.code, deleted.out], [1, '']);
  assert.match(deleted.err, /^intramuros: name: The policy internal is built in and cannot be deleted\. Write/);
  assert.match((await run(['apply', '-f', '-'], shown)).err, /metadata\.name must not be internal/);
});

test('deleting a policy that Models still name is done with a warning that names them', async (t) => {
  const { run } = await openProduct(t);
  await run(['apply', '-f', '-'], `${POLICY_YAML}---\n${MODEL_YAML}  privacy: { policy: strict }\n`);
  const { code, out, err } = await run(['delete', 'pp', 'strict']);
  assert.deepEqual([code, out], [0, 'privacypolicy/strict deleted\n']);
  assert.match(
    err,
    /^intramuros: warning: the policy strict is still named by default\/notes: their requests are refused/,
  );
  await run(['apply', '-f', '-'], POLICY_YAML.replace('strict', 'unused'));
  assert.equal((await run(['delete', 'pp', 'unused'])).err, '');
});

test('nothing is sent when one of several resources is wrong, and every fault is named with its remedy', async (t) => {
  const { run } = await openProduct(t);
  const wrong = MODEL_YAML.replace('name: notes', 'name: Bad_Name').replace('spec:', 'spec:\n  replicas: many');
  const { code, out, err } = await run(['apply', '-f', '-'], `${MODEL_YAML}---\n${wrong}`);
  assert.deepEqual([code, out], [1, '']);
  assert.match(err, /-: metadata\.name is .*; use lower-case/);
  assert.match(err, /-: spec\.replicas must be an integer, not a string/);
  assert.match((await run(['get', 'models'])).out, /No models/);
});

test('files that cannot be read or are no YAML are named with the place', async (t) => {
  const { run, folder } = await openProduct(t);
  await writeFile(join(folder, 'broken.yaml'), 'a: [1,\nb: "c\n');
  await writeFile(join(folder, 'latin1.yaml'), Buffer.from([0x61, 0x3a, 0x20, 0xe9]));
  await writeFile(join(folder, 'empty.yaml'), '# nothing\n');
  await writeFile(
    join(folder, 'bomb.yaml'),
    `a: &a [x,x,x,x]\n${'bcdefghi'
      .split('')
      .map((key, index) => `${key}: &${key} [${`*${'abcdefgh'[index] ?? ''},`.repeat(9)}]`)
      .join('\n')}\n`,
  );
  const cases: [string, RegExp][] = [
    ['none.yaml', /--file: There is no file none\.yaml/],
    ['.', /--file: \. is a folder/],
    ['broken.yaml', /broken\.yaml:\d+:\d+: It is not valid YAML/],
    ['latin1.yaml', /latin1\.yaml is not text in UTF-8/],
    ['empty.yaml', /--file: The file holds no resource/],
    ['bomb.yaml', /bomb\.yaml: It .*aliases/],
  ];
  for (const [file, expected] of cases) {
    const { code, err } = await run(['apply', '-f', file]);
    assert.equal(code, 1, file);
    assert.match(err, expected);
  }
});

test('key create prints the key alone; list never shows it; revoke ends it', async (t) => {
  const { run } = await openProduct(t);
  const unknown = await run(['key', 'create', 'my-app', '--tenant', 'ward']);
  assert.equal(unknown.code, 1);
  assert.match(unknown.err, /There is no tenant ward\.[\s\S]*Apply a Tenant/);
  const tenant = 'apiVersion: intramuros.dev/v1alpha1\nkind: Tenant\nmetadata: {name: ward}\nspec: {}\n';
  assert.equal((await run(['apply', '-f', '-'], tenant)).out, 'tenant/ward created\n');
  const made = await run(['key', 'create', 'my-app', '--class', 'confidential', '--tenant', 'ward', '--days', '30']);
  assert.match(made.out, /^im_[A-Za-z0-9]{8}_[A-Za-z0-9]{32}\n$/);
  assert.equal(made.err, '');
  const list = await run(['key', 'list']);
  assert.match(list.out, /my-app +ward +confidential/);
  assert.ok(!list.out.includes(made.out.trim().slice(12)));
  const prefix = made.out.slice(0, 11);
  const next = await run(['key', 'rotate', prefix, '--overlap-hours', '1']);
  assert.match(next.out, /^im_[A-Za-z0-9]{8}_[A-Za-z0-9]{32}\n$/);
  assert.match((await run(['key', 'list', '--tenant', 'ward'])).out, /my-app +ward +confidential +ending/);
  assert.equal((await run(['key', 'revoke', prefix])).out, `${prefix} revoked\n`);
  assert.equal((await run(['key', 'revoke', prefix])).code, 1);
  const data = JSON.parse((await run(['key', 'create', 'b', '-o', 'json'])).out) as Record<string, unknown>;
  assert.deepEqual([data['name'], data['tenant'], data['dataClass']], ['b', 'default', 'internal']);
});

test('audit export writes a new folder, whole or not at all', async (t) => {
  const { run, folder } = await openProduct(t, {
    bundle: {
      async *files() {
        yield { name: 'checkpoint', data: Buffer.from('note\n') };
        yield { name: 'tile/entries/000.p/1', data: Buffer.from([0, 1, 2, 255]) };
      },
    },
  });
  const done = await run(['audit', 'export', '--out', 'evidence/first']);
  assert.equal(done.code, 0);
  assert.match(done.out, /^2 files, 9 bytes: /);
  assert.deepEqual(await readFile(join(folder, 'evidence/first/tile/entries/000.p/1')), Buffer.from([0, 1, 2, 255]));
  const again = await run(['audit', 'export', '--out', 'evidence/first']);
  assert.deepEqual([again.code, again.out], [1, '']);
  assert.match(again.err, /--out: The folder is not empty/);
  await writeFile(join(folder, 'a-file'), '');
  assert.match((await run(['audit', 'export', '--out', 'a-file'])).err, /--out: It is a file/);
  await mkdir(join(folder, 'empty'));
  assert.equal((await run(['audit', 'export', '--out', 'empty'])).code, 0);
});

test('a bundle folder that cannot be made is told by its option', async (t) => {
  const { run } = await openProduct(t);
  const { code, out, err } = await run(['audit', 'export', '--out', '/proc/bundle']);
  assert.deepEqual([code, out], [1, '']);
  assert.match(err, /^intramuros: --out: The folder cannot be written \(ENOENT\)\. Nothing was kept\./);
});

test('a bundle that is cut, or that names a file outside, leaves nothing behind', async (t) => {
  for (const name of ['broken', '../outside', '/etc/outside', 'tile/../../outside', '.hidden']) {
    const { run, folder } = await openProduct(t, {
      bundle: {
        async *files() {
          yield { name: 'checkpoint', data: Buffer.from('x') };
          if (name === 'broken') throw new Error('gone');
          yield { name, data: Buffer.from('x') };
        },
      },
    });
    const { code } = await run(['audit', 'export', '--out', 'bundle']);
    assert.equal(code, 1, name);
    assert.deepEqual(await readdir(folder), []);
  }
});

test('audit prove prints a proof, and match answers by exit code', async (t) => {
  const { run, folder, dependencies } = await openProduct(t);
  const { audit } = dependencies;
  const text = `Bonjour ${randomBytes(8).toString('hex')}`;
  const draft = { kind: 'change', tenant: 'default', actor: { kind: 'system', id: 'test' }, action: 'chat' } as const;
  const receipt = await audit.append({ ...draft, request: { texts: [audit.digest(text)] } });
  assert.match((await run(['audit', 'prove', receipt])).out, /^c2sp\.org\/tlog-proof@v1\n/);
  const unknown = await run(['audit', 'prove', 'imr_00000000000000000000000000']);
  assert.deepEqual([unknown.code, unknown.out], [1, '']);
  assert.match(unknown.err, /receipt: No record has this receipt/);
  await writeFile(join(folder, 'text.txt'), `${text}\n`);
  assert.deepEqual(await run(['audit', 'match', receipt, '--text', 'text.txt']), {
    code: 0,
    out: 'match: request.texts[0]\n',
    err: '',
  });
  assert.equal((await run(['audit', 'match', receipt, '--text', '-'], 'another text')).code, 1);
  assert.deepEqual(JSON.parse((await run(['audit', 'match', receipt, '--text', '-', '-o', 'json'], text)).out), {
    match: true,
    at: 'request.texts[0]',
  });
});

test('redact --request prints the body that the model would see', async (t) => {
  const { run, folder } = await openProduct(t, {
    previewRedaction: async ({ key }) => ({
      body: { model: 'm', seen: key.length },
      counts: { PERSON: 1 },
      policy: 'internal',
    }),
  });
  await writeFile(join(folder, 'request.json'), '{"model":"m","messages":[]}');
  const { code, out } = await run(['redact', '--request', 'request.json', '--key', 'im_key']);
  assert.deepEqual([code, JSON.parse(out)], [0, { model: 'm', seen: 6 }]);
  const broken = await run(['redact', '--request', '-', '--key', 'k'], '{');
  assert.deepEqual([broken.code, broken.err], [1, 'intramuros: --request: The file is not valid JSON.\n']);
});

test('with a database alone the command opens a listener of its own and closes it', async (t) => {
  let stopped = 0;
  const dependencies = fakeDependencies();
  const terminal = await openTerminal(t, {
    place: () => ({ dataFolder: '/nonexistent', databaseUrl: 'postgresql://x' }),
    openProduct: async () => {
      const admin = await startAdmin({ ...dependencies, host: '127.0.0.1', port: 0 });
      const stop = async () => {
        stopped += 1;
        await admin.stop();
      };
      return { address: admin.address, token: dependencies.localToken.text, stop };
    },
  });
  assert.match((await terminal.run(['key', 'create', 'a'])).out, /^im_/);
  assert.equal(stopped, 1);
});

test('the file that leads to the product is for its owner alone and goes with the product', async (t) => {
  const product = await openProduct(t);
  const { readLocal } = await localFile(product.dependencies.localToken.text);
  assert.ok(readLocal);
  await product.stop();
  assert.equal((await product.run(['get', 'models'])).code, 1);
});

async function localFile(token: string) {
  const { mkdtemp } = await import('node:fs/promises');
  const { tmpdir } = await import('node:os');
  const { writeLocalFile, removeLocalFile } = await import('../../control-plane/admin/identity/local-token.ts');
  const folder = await mkdtemp(join(tmpdir(), 'intramuros-local-'));
  await writeLocalFile(folder, { address: 'http://127.0.0.1:1', token, pid: process.pid });
  const { mode } = await stat(join(folder, 'admin.json'));
  assert.equal(mode & 0o777, 0o600);
  await removeLocalFile(folder, { text: 'another', matches: () => false });
  assert.deepEqual(await readdir(folder), ['admin.json'], 'that of another process stays');
  await removeLocalFile(folder, { text: token, matches: () => true });
  return { readLocal: (await readdir(folder)).length === 0 };
}

test('audit reindex makes the search anew, as a change on the record', async (t) => {
  let rebuilt = 0;
  const rebuild = async () => {
    rebuilt += 1;
  };
  const logSearch = { ...fakeDependencies().logSearch, rebuild };
  const { run, dependencies } = await openProduct(t, { logSearch });
  const { code, out } = await run(['audit', 'reindex']);
  assert.deepEqual([code, out, rebuilt], [0, 'the search is being made anew from the records of the log\n', 1]);
  const kinds = dependencies.audit.drafts.filter(({ action }) => action === 'log.reindex').map(({ kind }) => kind);
  assert.deepEqual(kinds, ['change', 'outcome']);
});
