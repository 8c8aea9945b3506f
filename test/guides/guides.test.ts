// The examples of docs/guides, each run as written against the product in a process of its own.

import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { REPOSITORY } from '../house/sources.ts';

const LAUNCH = join(REPOSITORY, 'control-plane/launch.js');
const GUIDES = join(REPOSITORY, 'docs/guides');
const READY_MS = 60_000;
const RECEIPT = /imr_[0-9A-HJKMNP-TV-Z]{26}/;

const folder = mkdtempSync(join(tmpdir(), 'intramuros-guides-'));
const environment: Record<string, string> = {
  PATH: process.env['PATH'] ?? '',
  HOME: process.env['HOME'] ?? '',
  INTRAMUROS_DATA: folder,
  INTRAMUROS_PORT: '0',
  INTRAMUROS_GATEWAY_PORT: '0',
};

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
}

function run(command: string, words: readonly string[], env = environment): Promise<Ended> {
  return promisify(execFile)(command, words, { env, cwd: REPOSITORY });
}

const intramuros = async (...words: string[]) => (await run(process.execPath, [LAUNCH, ...words])).stdout.trim();

/** Somebody new every time, and a text with quotes and line ends. */
function report(): { name: string; text: string } {
  const name = `${'BCDFGLMNPRST'.charAt(randomInt(12))}${['avier', 'orval', 'assin', 'uvret'][randomInt(4)]}`;
  const born = `${randomInt(10, 28)}/0${randomInt(1, 9)}/19${randomInt(40, 99)}`;
  return { name, text: `Mme ${name}, née le ${born}.\nAdmise pour "dyspnée" \\ toux.` };
}

describe('the examples of the guides', () => {
  let product: ChildProcess | undefined;

  before(async () => {
    const child = spawn(process.execPath, [LAUNCH, 'serve'], { env: environment, stdio: ['ignore', 'pipe', 'ignore'] });
    product = child;
    let printed = '';
    let gateway: string | undefined;
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      printed += chunk.toString();
      gateway = /^ready \S+ (\S+)$/m.exec(printed)?.[1];
      if (gateway !== undefined) break;
    }
    assert.ok(gateway !== undefined, 'it ended before it was ready');
    environment['INTRAMUROS_BASE_URL'] = `${gateway}/v1`;
    environment['INTRAMUROS_API_KEY'] = await intramuros('key', 'create', 'guides');
  });

  after(async () => {
    if (product?.exitCode === null) {
      const ended = new Promise((resolve) => product?.once('exit', resolve));
      product.kill('SIGINT');
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  });

  it('curl: the answer holds the value of the report, and names its record', async () => {
    const { text, name } = report();
    const { stdout, stderr } = await run('sh', [join(GUIDES, 'ask.sh'), text]);
    const { choices } = JSON.parse(stdout) as { choices: { message: { content: string } }[] };
    const facts = JSON.parse(choices[0]?.message.content ?? '') as Record<string, unknown>;
    assert.ok(String(facts['patient']).includes(name));
    const receipt = RECEIPT.exec(stderr)?.[0] ?? '';
    const file = join(folder, 'message.txt');
    // The script ends the text with a line end, as a line of a shell does.
    writeFileSync(file, `${text}\n`);
    assert.match(await intramuros('audit', 'match', receipt, '--text', file), /^match: request\.texts/);
  });

  it('TypeScript: the streamed answer is whole, with the value of the report', async () => {
    const { text, name } = report();
    const { stdout, stderr } = await run(process.execPath, [join(GUIDES, 'ask.ts'), text]);
    assert.ok(String((JSON.parse(stdout) as Record<string, unknown>)['patient']).includes(name));
    assert.match(stderr, RECEIPT);
  });

  it('Python: the same with its client where that is installed; elsewhere the script is read as Python', async () => {
    const hasClient = spawnSync('python3', ['-c', 'import openai']).status === 0;
    if (!hasClient) {
      copyFileSync(join(GUIDES, 'ask.py'), join(folder, 'ask.py'));
      await run('python3', ['-m', 'py_compile', join(folder, 'ask.py')]);
      return;
    }
    const { text, name } = report();
    const { stdout, stderr } = await run('python3', [join(GUIDES, 'ask.py'), text]);
    assert.ok(String((JSON.parse(stdout) as Record<string, unknown>)['patient']).includes(name));
    assert.match(stderr, RECEIPT);
  });

  it('the Model becomes Ready under the PrivacyPolicy, which then decides what it sees', async () => {
    const files = [join(GUIDES, 'privacy-policy.yaml'), join(GUIDES, 'model.yaml')];
    assert.match(await intramuros('plan', ...files.flatMap((file) => ['-f', file])), /ward-reports/);
    await intramuros('apply', ...files.flatMap((file) => ['-f', file]));
    await untilReady('ward-reports');

    const iban = `FR763000600001${String(randomInt(1e10)).padStart(11, '0')}89`;
    const { name } = report();
    const content = `Mme ${name}, née le 1${randomInt(10)}/03/1958, IBAN ${iban}.`;
    const body = join(folder, 'body.json');
    writeFileSync(body, JSON.stringify({ model: 'ward-reports', messages: [{ role: 'user', content }] }));
    const seen = await intramuros('redact', '--request', body, '--key', environment['INTRAMUROS_API_KEY'] ?? '');
    assert.match(seen, /<PERSON_1[a-z]{2}:F>/, 'the gender is kept');
    assert.match(seen, /<DATE_OF_BIRTH_1[a-z]{2}:1958>/, 'the year is kept');
    assert.match(seen, /<IBAN>/, 'masked');
    assert.ok(!seen.includes(iban) && !seen.includes(name));

    environment['INTRAMUROS_MODEL'] = 'ward-reports';
    const secret = `mot de passe : ${'Xy7'.repeat(2)}${randomInt(1e6)}!`;
    await assert.rejects(run('sh', [join(GUIDES, 'ask.sh'), secret]), (error: Ended) => {
      assert.match(error.stdout, /content_blocked/);
      return true;
    });
    await run('sh', [join(GUIDES, 'ask.sh'), content]);
    delete environment['INTRAMUROS_MODEL'];
    await intramuros('delete', 'model', 'ward-reports');
  });

  it('the adapter is listed with its parent, answers under its name, and is shown as loaded', async () => {
    await intramuros('apply', '-f', join(GUIDES, 'adapter.yaml'));
    await untilReady('ward-letters', 'AdaptersReady');
    assert.match(await intramuros('get', 'model', 'ward-letters'), /ADAPTERS(?:.|\n)*ward-letters .* 1\/1 /);
    const headers = { authorization: `Bearer ${environment['INTRAMUROS_API_KEY'] ?? ''}` };
    const list = await fetch(`${environment['INTRAMUROS_BASE_URL'] ?? ''}/models`, { headers });
    const { data } = (await list.json()) as { data: { id: string; parent?: string }[] };
    assert.equal(data.find(({ id }) => id === 'ward-letters:discharge-letter')?.parent, 'ward-letters');

    const { name } = report();
    const drug = `${['par', 'mor', 'bel'][randomInt(3)]}adoxine`;
    const text =
      `CLINIQUE DES TILLEULS / LETTRE DE SORTIE ${randomInt(1000, 9999)}\n` +
      `#PAT Mme ${name} +S 2 +A ${randomInt(20, 90)}\n#ENT toux\n#TRT ${drug} @5 mg @matin\n#DEV retour à domicile`;
    environment['INTRAMUROS_MODEL'] = 'ward-letters:discharge-letter';
    const { stdout } = await run('sh', [join(GUIDES, 'ask.sh'), text]);
    delete environment['INTRAMUROS_MODEL'];
    const { choices } = JSON.parse(stdout) as { choices: { message: { content: string } }[] };
    const facts = JSON.parse(choices[0]?.message.content ?? '') as Record<string, unknown>;
    assert.deepEqual(facts['traitements'], [{ medicament: drug, dose: '5 mg', frequence: 'matin' }]);
    await intramuros('delete', 'model', 'ward-letters');
  });

  it('a model that follows the requests answers the first one, and says what it decided and why', async () => {
    await intramuros('apply', '-f', join(GUIDES, 'scaling.yaml'));
    environment['INTRAMUROS_MODEL'] = 'ward-on-demand';
    const { stdout } = await run('sh', [join(GUIDES, 'ask.sh'), report().text]);
    delete environment['INTRAMUROS_MODEL'];
    assert.equal((JSON.parse(stdout) as { choices: unknown[] }).choices.length, 1);
    const model = JSON.parse(await intramuros('get', 'model', 'ward-on-demand', '-o', 'json')) as {
      status?: { scaling?: { wanted: number; decisions: { from: number; to: number; reason: string }[] } };
    };
    const [decision] = model.status?.scaling?.decisions ?? [];
    // By the schedule in office hours, by the request at other times.
    assert.ok(decision?.from === 0 && ['Requests', 'Schedule'].includes(decision.reason), JSON.stringify(decision));
    await intramuros('delete', 'model', 'ward-on-demand');
  });

  it('a department set apart has keys that see its models, and are replaced and revoked', async () => {
    await intramuros('apply', '-f', join(GUIDES, 'tenant.yaml'));
    const own = ['--tenant', 'cardiology'];
    const options = ['--class', 'confidential', '--days', '365', '--model', 'clinical-extraction'];
    const key = (await intramuros('key', 'create', 'discharge-letters', ...own, ...options)).trim();
    const ask = (bearer: string) =>
      run('sh', [join(GUIDES, 'ask.sh'), report().text], { ...environment, INTRAMUROS_API_KEY: bearer });
    assert.equal((JSON.parse((await ask(key)).stdout) as { choices: unknown[] }).choices.length, 1);
    assert.match(await intramuros('key', 'list', ...own), /discharge-letters +cardiology +confidential +valid/);
    const next = (await intramuros('key', 'rotate', key.slice(0, 11), '--overlap-hours', '0')).trim();
    assert.match(next, /^im_/);
    await intramuros('key', 'revoke', next.slice(0, 11));
    await intramuros('delete', 'tenant', 'cardiology');
  });

  it('the commands of the guide to the log verify an export against a checkpoint that was kept', async () => {
    const at = (name: string) => join(folder, name);
    await intramuros('audit', 'export', '--out', at('bundle-1'));
    copyFileSync(at('bundle-1/log-key.pub'), at('log-key.pub'));
    copyFileSync(at('bundle-1/checkpoint'), at('checkpoint-1'));
    await run('sh', [join(GUIDES, 'ask.sh'), report().text]);
    await intramuros('audit', 'export', '--out', at('bundle-2'));
    const options = ['--key', at('log-key.pub'), '--since'];
    assert.match(await intramuros('audit', 'verify', at('bundle-2'), ...options, at('checkpoint-1')), /^verified: /);
    copyFileSync(at('bundle-2/checkpoint'), at('checkpoint-2'));
    await assert.rejects(
      run(process.execPath, [LAUNCH, 'audit', 'verify', at('bundle-1'), ...options, at('checkpoint-2')]),
    );
  });

  it('the commands of the guide to backups back up the running product and restore it elsewhere', async () => {
    const page = readFileSync(join(GUIDES, 'back-up-and-restore.md'), 'utf8');
    const at = (name: string) => join(folder, name);
    for (const command of [
      'backup --keys intramuros-keys',
      'backup backup-1',
      'restore backup-1 --keys intramuros-keys',
    ])
      assert.ok(page.includes(`npx intramuros ${command}\n`), command);
    await intramuros('backup', '--keys', at('intramuros-keys'));
    assert.match(await intramuros('backup', at('backup-1')), /^backup of .* audit records/);
    const elsewhere = mkdtempSync(join(tmpdir(), 'intramuros-restored-'));
    try {
      const restore = ['restore', at('backup-1'), '--keys', at('intramuros-keys')];
      const { stdout } = await promisify(execFile)(process.execPath, [LAUNCH, ...restore], {
        env: { ...environment, INTRAMUROS_DATA: elsewhere },
      });
      assert.match(stdout, /^restored the backup of .* audit records/);
    } finally {
      rmSync(elsewhere, { recursive: true, force: true });
    }
  });

  it('every file of the folder is named on its page', () => {
    const page = readFileSync(join(GUIDES, 'README.md'), 'utf8');
    for (const name of [
      'ask.sh',
      'ask.ts',
      'ask.py',
      'model.yaml',
      'privacy-policy.yaml',
      'adapter.yaml',
      'scaling.yaml',
      'tenant.yaml',
      'tenants-and-keys.md',
      'verify-the-log.md',
    ])
      assert.ok(page.includes(`](${name})`), name);
  });
});

async function untilReady(name: string, condition = 'Ready'): Promise<void> {
  const endAtMs = performance.now() + READY_MS;
  for (;;) {
    const model = JSON.parse(await intramuros('get', 'model', name, '-o', 'json')) as {
      status?: { conditions?: { type: string; status: string }[] };
    };
    if (model.status?.conditions?.some(({ type, status }) => type === condition && status === 'True') === true) return;
    assert.ok(performance.now() < endAtMs, `${name} is not ${condition}`);
    await sleep(500);
  }
}
