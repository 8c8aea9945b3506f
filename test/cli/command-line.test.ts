// The command line itself: help everywhere, wrong words named, exit codes, and what is said when nothing runs.

import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { COMMANDS } from '../../control-plane/cli/cli.ts';
import { MODEL_YAML, openTerminal } from './cli-harness.ts';

test('help lists every command, and every command explains itself with exit code 0', async (t) => {
  const { run } = await openTerminal(t);
  for (const words of [['--help'], ['-h'], ['help']]) {
    const { code, out } = await run(words);
    assert.equal(code, 0);
    for (const { name } of COMMANDS) assert.ok(out.includes(name), name);
  }
  for (const { name, options } of COMMANDS) {
    for (const flag of ['--help', '-h']) {
      const { code, out, err } = await run([...name.split(' '), flag]);
      assert.deepEqual([code, err], [0, ''], name);
      assert.ok(out.includes(`Usage: intramuros ${name}`));
      for (const option of Object.keys(options)) assert.ok(out.includes(`--${option}`), `${name} --${option}`);
    }
  }
});

test('a group without its second word lists what is in it', async (t) => {
  const { run } = await openTerminal(t);
  const help = await run(['audit', '--help']);
  assert.equal(help.code, 0);
  for (const name of ['export', 'verify', 'prove', 'match']) assert.ok(help.out.includes(`audit ${name}`));
  assert.equal((await run(['key'])).code, 2);
});

test('a wrong command line is exit code 2, names the word at fault and points to the help', async (t) => {
  const { run } = await openTerminal(t);
  const cases: [string[], RegExp][] = [
    [[], /Usage: intramuros COMMAND/],
    [['deploy'], /"deploy" is not a command/],
    [['audit', 'erase'], /"audit erase" is not a command/],
    [['apply'], /--file is missing: --file FILE\|-/],
    [['apply', '-f'], /-f needs a value: FILE\|-/],
    [['apply', '-f', 'x', '--colour', 'red'], /--colour is not an option of "apply"; the options are --file/],
    [['apply', '-f', 'x', 'y'], /arguments are not taken/],
    [['get'], /KIND is missing/],
    [['get', 'gadgets'], /KIND is not known; the kinds are models, privacypolicies/],
    [['get', 'models', 'a', 'b'], /arguments are too many: it takes 2/],
    [['get', 'models', '-o', 'xml'], /--output takes json or yaml/],
    [['get', 'models', '--wide=yes'], /--wide takes no value/],
    [['delete', 'models'], /NAME is missing/],
    [['key', 'create'], /NAME is missing/],
    [['key', 'create', 'two words'], /NAME must be 1 to 63/],
    [['key', 'create', 'a', '--class', 'secret'], /--class must be one of public, internal, confidential, restricted/],
    [['key', 'create', 'a', '--tenant', 'b c'], /--tenant must be 1 to 63/],
    [['key', 'create', 'a', '--days', '0'], /--days must be a whole number from 1/],
    [['key', 'create', 'a', '--model', 'A B'], /--model must be the name of a model/],
    [['key', 'create', 'a', '--requests-per-minute', 'x'], /--requests-per-minute must be a whole number/],
    [['key', 'rotate', 'im_1'], /PREFIX must be im_ and 8/],
    [['key', 'rotate', 'im_12345678', '--overlap-hours', '1.5'], /--overlap-hours must be a whole number/],
    [['key', 'create', 'a', '--tenant', 'b', '--tenant', 'c'], /--tenant is given twice/],
    [['key', 'revoke', 'abc'], /PREFIX must be im_ and 8/],
    [['redact'], /--json or --request must be given/],
    [['redact', '--json', '--request', 'x'], /--json or --request must be given/],
    [['redact', '--json', '--key', 'x'], /--key goes with --request/],
    [['redact', '--request', 'x'], /--key is missing/],
    [['redact', '--request', 'x', '--key', 'k', '--policy', 'p'], /--policy does not go with --request/],
    [['audit', 'export'], /--out is missing: --out DIR/],
    [['audit', 'verify', 'd'], /--key is missing: --key FILE/],
    [['audit', 'verify', '--key', 'k'], /DIR is missing/],
    [['audit', 'prove', 'imr_1'], /RECEIPT must be imr_ and 26/],
    [['audit', 'match', 'imr_00000000000000000000000000'], /--text is missing: --text FILE/],
    [['audit', 'match', 'nonsense', '--text', '-'], /RECEIPT must be/],
  ];
  for (const [words, expected] of cases) {
    const { code, out, err } = await run(words);
    assert.equal(code, 2, words.join(' '));
    assert.equal(out, '');
    assert.match(err, expected);
    if (words.length > 0) assert.match(err, /--help" says what it takes\.\n$/);
  }
});

test('when nothing runs, each command that needs the product says so, where it looked and what to do', async (t) => {
  const { run, folder } = await openTerminal(t);
  await writeFile(join(folder, 'model.yaml'), MODEL_YAML);
  await writeFile(join(folder, 'text.txt'), 'a text');
  await writeFile(join(folder, 'request.json'), '{}');
  const receipt = 'imr_00000000000000000000000000';
  const commands = [
    ['apply', '-f', 'model.yaml'],
    ['get', 'models'],
    ['delete', 'models', 'a'],
    ['key', 'create', 'a'],
    ['key', 'list'],
    ['key', 'revoke', 'im_abcdefgh'],
    ['redact', '--request', 'request.json', '--key', 'k'],
    ['audit', 'export', '--out', 'bundle'],
    ['audit', 'prove', receipt],
    ['audit', 'match', receipt, '--text', 'text.txt'],
  ];
  for (const words of commands) {
    const { code, out, err } = await run(words);
    assert.deepEqual([code, out], [1, ''], words.join(' '));
    assert.ok(err.includes(join(folder, 'data')), err);
    assert.match(err, /INTRAMUROS_DATA: Nothing runs .* Start it with "npm start"/);
  }
});

test('an address that a dead product left behind counts as nothing running', async (t) => {
  const { run, folder } = await openTerminal(t);
  await mkdir(join(folder, 'data'));
  const file = { address: 'http://127.0.0.1:1', token: 'x', pid: 1 };
  for (const text of [JSON.stringify(file), '{"address":', '{}']) {
    await writeFile(join(folder, 'data', 'admin.json'), text);
    const { code, err } = await run(['get', 'models']);
    assert.equal(code, 1);
    assert.match(err, /Nothing runs/);
  }
});

test('a wrong configuration is named before anything else is tried', async (t) => {
  const { fail } = await import('../../control-plane/errors.ts');
  const { run } = await openTerminal(t, {
    place: () => {
      throw fail('invalid_configuration', {
        param: 'DATABASE_URL',
        detail: 'DATABASE_URL: must begin with postgresql://.',
      });
    },
  });
  const { code, err } = await run(['get', 'models']);
  assert.deepEqual([code, err], [1, 'intramuros: DATABASE_URL: must begin with postgresql://.\n']);
});

test('serve is handed on with its words, and the version is one line', async (t) => {
  const seen: (readonly string[])[] = [];
  const { run } = await openTerminal(t, {
    serve: async (words) => {
      seen.push(words);
      return 0;
    },
  });
  assert.equal((await run(['serve', '--role', 'all'])).code, 0);
  assert.deepEqual(seen, [['--role', 'all']]);
  assert.deepEqual(await run(['--version']), { code: 0, out: '0.0.0-test\n', err: '' });
});
