// The rules and the dashboards against Prometheus's own tool and against a real scrape of the running product: no panel and
// no alert asks for a number or a label that nobody tells.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ask, ProductFolder, type RunningProduct } from '../first-run/product.ts';
import { unpackedPackages } from '../fixtures/debian-packages.ts';
import { REPOSITORY } from '../house/sources.ts';

const FOLDER = join(REPOSITORY, 'charts/intramuros/monitoring');
const RULES = join(FOLDER, 'prometheus-rules.yaml');
/** Told only where a witness is asked. */
const ONLY_WITH_A_WITNESS = ['intramuros_audit_witness_disagrees', 'intramuros_audit_witnessed_timestamp_seconds'];
const LABELS = ['gen_ai_request_model', 'gen_ai_token_type', 'gen_ai_operation_name'];
const promtool = unpackedPackages({
  ...{ name: 'prometheus', packages: ['prometheus'], program: 'usr/bin/promtool', megabytes: 19 },
});

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}

/** Each expression with what asks it. */
function expressions(): [place: string, expr: string][] {
  const rules = [...readFileSync(RULES, 'utf8').matchAll(/^ +expr: (.+)$/gm)].map(([, expr = '']): [string, string] => [
    'a rule',
    expr,
  ]);
  const boards = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
  const panels = boards.flatMap((name) => {
    const board = JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as Dashboard;
    return board.panels.flatMap(({ title, targets }) =>
      targets.map(({ expr }): [string, string] => [`${name}: ${title}`, expr]),
    );
  });
  assert.ok(rules.length > 10 && boards.length === 2 && panels.length > 20);
  return [...rules, ...panels];
}

test('promtool reads the rules, and every expression of the dashboards', { skip: promtool.missing }, (t) => {
  const program = join(promtool.root ?? '', 'usr/bin/promtool');
  assert.match(execFileSync(program, ['check', 'rules', RULES], { encoding: 'utf8' }), /SUCCESS: \d+ rules found/);
  const groups = expressions().map(
    ([, expr], at) => `      - record: panel:${at}\n        expr: ${JSON.stringify(expr)}`,
  );
  const file = `groups:\n  - name: panels\n    rules:\n${groups.join('\n')}\n`;
  const work = mkdtempSync(join(tmpdir(), 'intramuros-promtool-'));
  t.after(() => rmSync(work, { recursive: true }));
  writeFileSync(join(work, 'panels.yaml'), file);
  const checked = execFileSync(program, ['check', 'rules', join(work, 'panels.yaml')], { encoding: 'utf8' });
  assert.match(checked, new RegExp(`SUCCESS: ${groups.length} rules found`));
});

describe('a real scrape', () => {
  const folder = new ProductFolder();
  let product: RunningProduct;
  let scrape = '';

  before(async () => {
    product = await folder.start();
    const key = await folder.intramuros('key', 'create', 'monitored');
    const body = { model: 'clinical-extraction', max_tokens: 4, messages: [{ role: 'user', content: 'bonjour' }] };
    assert.equal((await ask(product.gateway, key, body)).status, 200);
    assert.equal((await ask(product.gateway, 'im_none', body)).status, 401);
    // The log is read over for the first time within seconds.
    for (let tries = 0; tries < 200 && !scrape.includes('intramuros_audit_verified_records'); tries += 1) {
      scrape = await (await fetch(`${product.admin}/metrics`)).text();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });

  after(async () => {
    if (product !== undefined) await folder.stop(product);
    folder.remove();
  });

  test('holds every number that a rule or a panel asks for', () => {
    const told = new Set([...scrape.matchAll(/^([a-z_]+)(?:\{| )/gm)].map(([, name]) => name));
    for (const [place, expr] of expressions()) {
      for (const [name] of expr.matchAll(/\b(?:intramuros|gen_ai)_[a-z_]+/g)) {
        if (LABELS.includes(name) || ONLY_WITH_A_WITNESS.includes(name)) continue;
        assert.ok(told.has(name), `${place} asks for ${name}`);
      }
    }
  });

  test('has every label that they sum by or choose by', () => {
    for (const [place, expr] of expressions()) {
      const by = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/, */));
      const chosen = [...expr.matchAll(/\{([a-z_]+)=/g)].map(([, label = '']) => label);
      for (const label of [...by, ...chosen]) {
        if (label === 'instance') continue; // Prometheus adds it
        assert.ok(new RegExp(`[{,]${label}="`).test(scrape), `${place} goes by ${label}`);
      }
    }
  });
});
