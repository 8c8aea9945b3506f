// The pages: words in both languages, what is wrong first, nothing that a name or message could inject.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { html } from '../../control-plane/admin/pages/html.ts';
import type { ResourcePort } from '../../control-plane/admin/resources/routes.ts';
import type { Model } from '../../operator/api/v1alpha1/model.ts';
import { Browser, runAdmin, signedIn } from './admin-harness.ts';

const time = '2026-11-25T08:00:00Z';

function modelOf(name: string, ready: boolean, message = 'It answers.'): Model {
  const failing = { reason: 'OutOfMemory', message, remedy: 'Use a smaller file.', lastTransitionTime: time } as const;
  return {
    apiVersion: 'intramuros.dev/v1alpha1',
    kind: 'Model',
    metadata: { name, namespace: 'default', generation: 2 },
    spec: { source: { uri: 'bundled://clinical-extraction' }, replicas: 1 },
    status: {
      observedGeneration: 2,
      readyReplicas: ready ? 1 : 0,
      conditions: ready
        ? [{ type: 'Ready', status: 'True', reason: 'Answers', message, lastTransitionTime: time }]
        : [
            { type: 'Fits', status: 'False', ...failing },
            { type: 'Ready', status: 'False', ...failing, reason: 'NotUp', message: 'Not up.' },
          ],
    },
  };
}

function resourcesOf(...models: Model[]): ResourcePort {
  return { list: async () => ({ items: models, resourceVersion: '1' }) } as unknown as ResourcePort;
}

test('the page speaks the language of its reader, and English to everybody else', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const browser = new Browser(admin.address);
  const page = (language: string) => browser.send('/sign-in', { headers: { 'accept-language': language } });
  assert.match((await page('fr-CA,fr;q=0.9,en;q=0.8')).text, /<html lang="fr">[\s\S]*Se connecter/);
  assert.match((await page('de,en;q=0.5')).text, /<html lang="en">[\s\S]*Sign in/);
  assert.match((await page('xx')).text, /<html lang="en">/);
});

test('the sign-in form is one that password managers and keyboards understand', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const { text } = await new Browser(admin.address).send('/sign-in');
  assert.match(text, /<input id="username"[^>]*autocomplete="username"/);
  assert.equal(text.match(/type="password"/g)?.length, 1);
  assert.match(text, /<label for="username">/);
  assert.match(text, /<label for="password">/);
  assert.match(text, /<button type="submit">/);
  assert.match(text, /<main id="main"/);
});

test('a model that is not ready comes first, with cause and remedy, and the title says so', async (t) => {
  const admin = await runAdmin({
    resources: resourcesOf(modelOf('good', true), modelOf('bad', false, 'It needs 81 GB.')),
  });
  t.after(admin.stop);
  const { text } = await (await signedIn(admin)).send('/');
  assert.match(text, /<h1>One model needs you<\/h1>/);
  assert.match(
    text,
    /It needs 81 GB\.[\s\S]*Fits: OutOfMemory[\s\S]*What to do:<\/strong> Use a smaller file\.[\s\S]*<table/,
  );
  assert.doesNotMatch(text, /Not up\./, 'the sum is not repeated where its cause stands');
  assert.match(text, /demonstration/);
});

test('a Ready condition of an older generation is not shown as ready', async (t) => {
  const stale = modelOf('stale', true);
  const admin = await runAdmin({
    resources: resourcesOf({ ...stale, metadata: { ...stale.metadata, generation: 3 } }),
  });
  t.after(admin.stop);
  const { text } = await (await signedIn(admin)).send('/');
  assert.match(text, /class="mark starting"/);
});

test('nothing that a name, message or policy holds becomes markup', async (t) => {
  const canary = randomBytes(4).toString('hex');
  const attack = `<img src=x onerror=${canary}>"'&`;
  const admin = await runAdmin({ resources: resourcesOf(modelOf(attack, false, attack)) });
  t.after(admin.stop);
  const { text } = await (await signedIn(admin)).send('/');
  assert.ok(text.includes(canary));
  assert.ok(!text.includes('<img'));
  assert.equal(html`<p title="${attack}">${attack}</p>`.text.match(/[<>]/g)?.length, 4);
});

test('records show counts and a link to the record; the models stay when the log is away', async (t) => {
  const admin = await runAdmin({ resources: resourcesOf(modelOf('good', true)) });
  t.after(admin.stop);
  const { audit } = admin.dependencies;
  const receipt = await audit.append({
    kind: 'change',
    tenant: 'default',
    actor: { kind: 'system', id: 'test' },
    action: 'chat.completions',
    model: { name: 'clinical-extraction' },
    redactions: { PERSON: 2, FR_NIR: 1, EMAIL: 0 },
  });
  const browser = await signedIn(admin);
  const { text } = await browser.send('/');
  assert.match(text, /PERSON 2, FR_NIR 1</);
  assert.ok(text.includes(`href="/records/${receipt}"`));
  audit.break();
  const without = await browser.send('/');
  assert.equal(without.status, 200);
  assert.match(without.text, /cannot reach its database or its audit log/);
  assert.match(without.text, /good/);
});

test('what two conditions say in the same words is said once, under both names', async (t) => {
  const model = modelOf('bad', false, 'The engine ended with code 9.');
  const [failing] = model.status?.conditions ?? [];
  assert.ok(failing !== undefined && model.status !== undefined);
  const conditions = (['EngineReady', 'RolloutComplete'] as const).map((type) => ({ ...failing, type }));
  const admin = await runAdmin({ resources: resourcesOf({ ...model, status: { ...model.status, conditions } }) });
  t.after(admin.stop);
  const { text } = await (await signedIn(admin)).send('/');
  assert.equal(text.split('The engine ended with code 9.').length, 2);
  assert.match(text, /EngineReady, RolloutComplete: OutOfMemory/);
  assert.equal(text.split('Use a smaller file.').length, 2);
});

test('an outcome shows its code and the model of its intent; a refusal shows its code', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const { audit } = admin.dependencies;
  const who = { tenant: 'default', actor: { kind: 'system', id: 'test' }, action: 'chat.completions' } as const;
  const intent = await audit.append({ ...who, kind: 'change', model: { name: 'my-model' } });
  await audit.append({ ...who, kind: 'outcome', intent, outcome: { ok: false, code: 'engine_failed' } });
  await audit.append({ ...who, kind: 'refusal', outcome: { ok: false, code: 'content_blocked' } });
  const { text } = await (await signedIn(admin)).send('/');
  assert.match(text, />outcome<[\s\S]{0,200}>my-model<[\s\S]{0,60}>engine_failed</);
  assert.match(text, />refusal<[\s\S]{0,300}>content_blocked</);
});

test('a record has a page with its outcome, its proof and the commands to verify; looking is on the record', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const { audit } = admin.dependencies;
  const who = { tenant: '<b>', actor: { kind: 'system', id: 'test' }, action: 'chat.completions' } as const;
  const receipt = await audit.append({ ...who, kind: 'change' });
  await audit.append({ ...who, kind: 'outcome', intent: receipt, outcome: { ok: true, code: 'done' } });
  assert.equal((await new Browser(admin.address).send(`/records/${receipt}`)).headers['location'], '/sign-in');
  const browser = await signedIn(admin);
  const reads = () => audit.drafts.filter(({ kind }) => kind === 'read').length;
  const before = reads();
  const { status, text } = await browser.send(`/records/${receipt}`);
  assert.equal(status, 200);
  assert.equal(reads(), before + 1);
  assert.match(text, /&quot;code&quot;: &quot;done&quot;/);
  assert.match(text, /c2sp\.org\/tlog-proof@v1/);
  assert.ok(text.includes(`npx intramuros audit prove ${receipt}`));
  assert.ok(text.includes(`href="/api/v1/records/${receipt}"`));
  assert.ok(!text.includes('<b>'));
  for (const unknown of ['imr_00000000000000000000000000', '%3Cimg%3E']) {
    const missing = await browser.send(`/records/${unknown}`, { headers: { 'accept-language': 'fr' } });
    assert.equal(missing.status, 404);
    assert.match(missing.text, /Aucun enregistrement ne porte ce reçu/);
  }
});

test('without models the page gives the command that makes one', async (t) => {
  const admin = await runAdmin();
  t.after(admin.stop);
  const { text } = await (await signedIn(admin)).send('/', { headers: { 'accept-language': 'fr' } });
  assert.match(text, /Aucun modèle pour l’instant/);
  assert.match(text, /npx intramuros apply -f model\.yaml/);
});
