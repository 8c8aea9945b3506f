// What did the model see? A question asked in the browser goes through the real request pipe to a scripted engine; the
// page shows the four texts, each finding explains itself, and nothing of it stays in the browser.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { ResourcePort } from '../../control-plane/admin/resources/routes.ts';
import { EngineConnections } from '../../control-plane/gateway/engine-connections.ts';
import { askModel } from '../../control-plane/gateway/playground.ts';
import type { ModelSpec } from '../../operator/api/v1alpha1/model.ts';
import type { RunningAdmin } from '../admin/admin-harness.ts';
import {
  blocking,
  DONE,
  event,
  type GatewayUnderTest,
  SSE,
  startGatewayUnderTest,
} from '../gateway/gateway-under-test.ts';
import { type Script, type ScriptedEngine, startScriptedEngine } from '../wire/scripted-engine.ts';
import { assertSound, ConsoleRunner, keepPicture, noBrowser, VIEWS } from './console-harness.ts';

const runner = new ConsoleRunner();
const connections = new EngineConnections(randomBytes(8).toString('hex'));
const surrogateKey = randomBytes(32);
const mail = `c${randomBytes(6).toString('hex')}@example.org`;
const text = `Écrire à ${mail} pour le rendez-vous du 3 mars. ${mail} attend une réponse.`;
let engine: ScriptedEngine;
let gateway: GatewayUnderTest;
let admin: RunningAdmin;

function modelsOf(count: number, spec: Partial<ModelSpec> = {}): ResourcePort {
  const items = Array.from({ length: count }, (_, index) => ({
    kind: 'Model',
    metadata: { namespace: 'default', name: index === 0 ? 'm' : `model-${index}`, generation: 1 },
    spec: { source: { uri: 'bundled://clinical-extraction' }, ...spec },
    status: { conditions: [{ type: 'Ready', status: spec.replicas === 0 ? 'False' : 'True' }] },
  }));
  const list = async (kind: string) => ({ items: kind === 'Model' ? items : [], resourceVersion: '1' });
  return { list } as unknown as ResourcePort;
}

/** The hostile part of an answer: text to whoever reads it. */
const HOSTILE = 'rendez-vous <img src=x onerror="document.title=1"><script>document.title=2</script>';

/** Contact and hostile text as JSON, streamed in three pieces, the second one cut within its surrogate. */
const usual: Script = ({ body }) => {
  const found = /<[^>]+>/.exec(JSON.stringify(body.messages))?.[0] ?? '';
  const content = JSON.stringify({ contact: found, motif: HOSTILE, pieces: [] });
  const pieces = [content.slice(0, 15), content.slice(15, 40), content.slice(40)].map(event);
  const usage = { prompt_tokens: 31, completion_tokens: 12 };
  const end = `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', model: 'm', choices: [], usage })}\n\n`;
  return { headers: SSE, pieces: [...pieces, end, DONE] };
};

before(async () => {
  if (noBrowser !== false) return;
  engine = await startScriptedEngine();
  engine.answer(usual);
  gateway = await startGatewayUnderTest({ engines: [engine.url] });
  await runner.start();
  const budgets = { queueMs: 2000, firstByteMs: 5000, betweenBytesMs: 5000 };
  const parts = { catalog: gateway.catalog, surrogateKey, audit: gateway.audit, connections, budgets };
  admin = await runner.serve({
    resources: modelsOf(3),
    askModel: (question, signal, progress) => askModel(question, parts, signal, progress),
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
    assert.equal(await page.locator('.pane img, .pane script').count(), 0, 'an answer is text, whatever it holds');
    assert.ok((await page.locator('.pane:nth-child(3) .text').textContent())?.includes(JSON.stringify(HOSTILE)));
    assert.match(await page.title(), /^2 values kept from the model/);
    const receipt = gateway.records('intent').at(-1)?.receipt ?? '-';
    assert.equal(await page.getByRole('link', { name: /^Receipt/ }).getAttribute('href'), `/records/${receipt}`);
    assert.equal(gateway.records('intent').at(-1)?.['dataClass'], 'confidential');
    const kept = await page.evaluate(() => JSON.stringify([localStorage, sessionStorage, location.href]));
    assert.ok(!kept.includes(mail));
    assert.deepEqual(complaints, []);
  });

  test('shows the answer as it comes, and stops when it is told to', async () => {
    const { page, complaints } = await runner.open(admin);
    engine.answer(() => ({ headers: SSE, pieces: [event('{"contact": ')], ending: 'hang' }));
    await page.goto(`${admin.address}/playground?model=default%2Fm`);
    await page.getByLabel('You typed').fill(text);
    await page.keyboard.press('Control+Enter');
    await page.locator('.pane:nth-child(2) .finding.surrogate').first().waitFor();
    await page.locator('.pane:nth-child(4)').getByText('{"contact":').waitFor();
    await page.getByRole('heading', { level: 1, name: 'Asking m…' }).waitFor();
    await keepPicture(page, 'playground-coming');
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByLabel('You typed').waitFor();
    assert.equal(await page.getByLabel('You typed').inputValue(), text, 'what was typed is still there');
    engine.answer(usual);
    await page.getByRole('button', { name: 'Ask', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: WORDS.en.title }).waitFor();
    assert.deepEqual(complaints, []);
  });

  test('says why there is no answer: refused by the policy, asked too soon, asleep', async (t) => {
    t.after(() => {
      gateway.setPolicies([]);
      gateway.setModel({});
    });
    const opened = await runner.open(admin);
    const { page } = opened;
    const ask = async () => {
      await page.goto(`${admin.address}/playground?model=default%2Fm`);
      await page.getByLabel('You typed').fill(text);
      await page.getByRole('button', { name: 'Ask', exact: true }).click();
    };
    gateway.setPolicies([blocking('strict')]);
    gateway.setModel({ policy: 'strict' });
    await ask();
    await page.getByText('The policy blocks what this text holds').waitFor();
    await page.getByRole('heading', { level: 1, name: 'This text was refused, and no model saw it' }).waitFor();
    assert.equal(await page.getByRole('button', { name: /^Ask again/ }).count(), 0, 'it would be refused again');
    await page.locator('.pane:nth-child(1) .finding').first().focus();
    await page
      .getByRole('tooltip')
      .getByText(/by the policy strict\./)
      .waitFor();
    await keepPicture(page, 'playground-refused');
    await assertSound(opened, 'a refusal');
    gateway.setModel({ engines: [] });
    await ask();
    await page.getByText('The model is not ready').waitFor();
    await page.getByRole('button', { name: /^Ask again in \d s$/ }).waitFor();
    gateway.setModel({});
    await page.getByRole('button', { name: 'Ask again', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: WORDS.en.title }).waitFor();
    const scaling = { min: 0, max: 1, target: 4, idleSeconds: 60, schedules: [] };
    const asleep = { ...scaling, coldStart: { maxQueued: 4, maxWaitSeconds: 60 } };
    gateway.setModel({ engines: [], scaling: asleep });
    await ask();
    await page.locator('.pane').getByText('Nothing yet.').first().waitFor();
    gateway.setModel({ scaling: asleep });
    await page.getByRole('heading', { level: 1, name: WORDS.en.title }).waitFor();
    assert.deepEqual(opened.complaints, []);
  });

  test('says of a model that sleeps that a question wakes it', async () => {
    const scaling = { min: 0, max: 1, target: 4, idleSeconds: 60, schedules: [] };
    const resources = modelsOf(1, {
      replicas: 0,
      scaling: { ...scaling, coldStart: { maxQueued: 4, maxWaitSeconds: 60 } },
    });
    const opened = await runner.open(await runner.serve({ resources }));
    await opened.page.goto(`${opened.admin.address}/playground`);
    await opened.page.getByText('m is asleep: your question wakes it').waitFor();
    await assertSound(opened, 'asleep');
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
