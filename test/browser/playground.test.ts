// What did the model see? A question asked in the browser goes through the real request pipe to a scripted engine; the
// page shows the four texts, each finding explains itself, and nothing of it stays in the browser.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { ResourcePort } from '../../control-plane/admin/resources/routes.ts';
import { EngineConnections } from '../../control-plane/gateway/engine-connections.ts';
import { askModel } from '../../control-plane/gateway/playground.ts';
import type { RunningAdmin } from '../admin/admin-harness.ts';
import { type GatewayUnderTest, startGatewayUnderTest } from '../gateway/gateway-under-test.ts';
import { type ScriptedEngine, startScriptedEngine } from '../wire/scripted-engine.ts';
import { assertSound, ConsoleRunner, keepPicture, noBrowser, VIEWS } from './console-harness.ts';

const runner = new ConsoleRunner();
const connections = new EngineConnections(randomBytes(8).toString('hex'));
const surrogateKey = randomBytes(32);
const mail = `c${randomBytes(6).toString('hex')}@example.org`;
const text = `Écrire à ${mail} pour le rendez-vous du 3 mars. ${mail} attend une réponse.`;
let engine: ScriptedEngine;
let gateway: GatewayUnderTest;
let admin: RunningAdmin;

function modelsOf(count: number): ResourcePort {
  const items = Array.from({ length: count }, (_, index) => ({
    kind: 'Model',
    metadata: { namespace: 'default', name: index === 0 ? 'm' : `model-${index}`, generation: 1 },
    spec: { source: { uri: 'bundled://clinical-extraction' } },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  }));
  return { list: async () => ({ items, resourceVersion: '1' }) } as unknown as ResourcePort;
}

before(async () => {
  if (noBrowser !== false) return;
  engine = await startScriptedEngine();
  engine.answer(({ body }) => {
    const found = /<[^>]+>/.exec(JSON.stringify(body.messages))?.[0] ?? '';
    const content = JSON.stringify({ contact: found, motif: 'rendez-vous <b>', pieces: [] });
    const message = { role: 'assistant', content };
    const usage = { prompt_tokens: 31, completion_tokens: 12 };
    const headers = { 'content-type': 'application/json' };
    return { headers, pieces: [JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'stop' }], usage })] };
  });
  gateway = await startGatewayUnderTest({ engines: [engine.url] });
  await runner.start();
  const budgets = { queueMs: 2000, firstByteMs: 5000, betweenBytesMs: 5000 };
  const parts = { catalog: gateway.catalog, surrogateKey, audit: gateway.audit, connections, budgets };
  admin = await runner.serve({
    resources: modelsOf(3),
    askModel: (question, signal) => askModel(question, parts, signal),
  });
});
after(async () => {
  await runner.stop();
  await connections.stop();
  await gateway?.end();
  await engine?.stop();
});

const WORDS = {
  en: { typed: 'You typed', ask: 'Ask', title: '2 values kept from the model, 1 put back' },
  fr: { typed: 'Vous avez écrit', ask: 'Interroger', title: '2 valeurs soustraites au modèle, 1 remise' },
};

describe('the playground', { skip: noBrowser }, () => {
  for (const view of VIEWS) {
    test(`has nothing to complain of: ${view.language}-${view.theme}-${view.width}`, async () => {
      const words = WORDS[view.language];
      const opened = await runner.open(admin, view);
      const { page } = opened;
      const name = `${view.language}-${view.theme}-${view.width}`;
      await page.goto(`${admin.address}/playground`);
      await page.getByLabel(words.typed).waitFor();
      await keepPicture(page, `playground-empty-${name}`);
      await assertSound(opened, 'before a question');
      await page.getByLabel(words.typed).fill(text);
      await page.keyboard.press('Control+Enter');
      await page.getByRole('heading', { level: 1, name: words.title }).waitFor();
      await page.locator('.finding.surrogate').first().focus();
      await page.getByRole('tooltip').waitFor();
      await keepPicture(page, `playground-${name}`);
      await assertSound(opened, 'an answer');
    });
  }

  test('shows what was on the wire, explains a finding by focus, click and hover, and keeps nothing', async () => {
    const { page, complaints } = await runner.open(admin);
    await page.goto(`${admin.address}/playground?model=default%2Fm&class=confidential`);
    await page.getByLabel('You typed').fill(text);
    await page.getByRole('button', { name: 'Ask', exact: true }).click();
    const surrogate = page.locator('.finding.surrogate').first();
    await surrogate.waitFor();
    const sent = engine.calls.at(-1)?.body.messages[0]?.content as string;
    assert.equal(await page.locator('.pane:nth-child(2) .text').textContent(), sent);
    assert.ok(!sent.includes(mail), 'the model never saw the address');
    const tooltip = page.getByRole('tooltip');
    for (const way of ['focus', 'click', 'hover'] as const) {
      await surrogate[way]();
      await tooltip.getByText('E-mail address').waitFor();
      await tooltip.getByText(/Recogniser .+, confidence [01]\.\d\d\..*Rule: .+, by the policy internal\./).waitFor();
      await surrogate.focus();
      await page.keyboard.press('Escape');
      await tooltip.waitFor({ state: 'detached' });
      await page.mouse.move(0, 0);
      await surrogate.blur();
    }
    assert.match((await page.locator('.pane:nth-child(3) .text').textContent()) ?? '', new RegExp(mail));
    assert.equal(await page.locator('.pane b').count(), 0, 'an answer is text, whatever it holds');
    const receipt = gateway.records('intent').at(-1)?.receipt ?? '-';
    assert.equal(await page.getByRole('link', { name: /^Receipt/ }).getAttribute('href'), `/records/${receipt}`);
    assert.equal(gateway.records('intent').at(-1)?.['dataClass'], 'confidential');
    const kept = await page.evaluate(() => JSON.stringify([localStorage, sessionStorage, location.href]));
    assert.ok(!kept.includes(mail));
    assert.deepEqual(complaints, []);
  });

  test('says that a model cannot answer, and how to begin where there is none', async () => {
    const broken = await runner.open(await runner.serve({ resources: modelsOf(500) }));
    await broken.page.goto(`${broken.admin.address}/playground`);
    await broken.page.getByLabel('You typed').fill('Bonjour');
    await broken.page.getByRole('button', { name: 'Ask', exact: true }).click();
    await broken.page.getByRole('alert').waitFor();
    await broken.page.getByRole('heading', { level: 1, name: 'The model gave no answer' }).waitFor();
    const empty = await runner.open(await runner.serve({ resources: modelsOf(0) }));
    await empty.page.goto(`${empty.admin.address}/playground`);
    await empty.page.getByText('npx intramuros apply').waitFor();
    await assertSound(empty, 'no model');
  });
});
