// The files that are made from the contract are what the contract says now, and keep to what Kubernetes and the design
// allow: small, structural, every rule with a sentence.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { ENTITY_TYPES } from '../../control-plane/redaction/entities.ts';
import { renderCrds, toCrd } from '../../operator/api/crd.ts';
import { renderResourceReference } from '../../operator/api/reference.ts';
import { KIND_NAMES, KINDS } from '../../operator/api/resource.ts';
import { ACTIONS, POLICY_ENTITIES } from '../../operator/api/v1alpha1/privacy-policy.ts';

const file = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');

interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message: string }[];
  readonly [key: string]: unknown;
}

function schemaOf(crd: unknown): Node {
  const { spec } = crd as { spec: { versions: { schema: { openAPIV3Schema: Node } }[] } };
  return spec.versions[0]?.schema.openAPIV3Schema ?? {};
}

function walk(node: Node, path: string, visit: (node: Node, path: string) => void): void {
  visit(node, path);
  for (const [name, child] of Object.entries(node.properties ?? {}))
    walk(child, path === '' ? name : `${path}.${name}`, visit);
  if (node.items !== undefined) walk(node.items, `${path}[]`, visit);
}

describe('the files of the contract', () => {
  it('are current: npm run generate writes nothing new', () => {
    for (const [name, yaml] of renderCrds()) assert.equal(file(`charts/intramuros/templates/crds/${name}`), yaml, name);
    assert.equal(file('docs/reference/resources.md'), renderResourceReference());
  });

  for (const kind of KIND_NAMES) {
    const crd = toCrd(KINDS[kind]);

    it(`keep ${kind} small: at most 40 KB of JSON and 80 fields`, () => {
      assert.ok(JSON.stringify(crd).length <= 40_000, `${JSON.stringify(crd).length} bytes`);
      let leaves = 0;
      walk(schemaOf(crd).properties?.['spec'] ?? {}, 'spec', (node) => {
        if (node.properties === undefined && node.items === undefined) leaves += 1;
      });
      assert.ok(leaves <= 80, `${leaves} fields`);
    });

    it(`give ${kind} a structural schema`, () => {
      walk(schemaOf(crd), '', (node, path) => {
        assert.ok(typeof node.type === 'string', `${path} has no type`);
        for (const key of [
          '$schema',
          '$ref',
          'additionalProperties',
          'oneOf',
          'anyOf',
          'allOf',
          'const',
          'exclusiveMinimum',
        ]) {
          assert.ok(!(key in node), `${path} has ${key}`);
        }
      });
    });

    it(`say in every rule of ${kind} which field it is and what to do, bounded so that its cost is`, () => {
      let rules = 0;
      walk(schemaOf(crd), '', (node, path) => {
        for (const { rule, message } of node['x-kubernetes-validations'] ?? []) {
          rules += 1;
          assert.match(message, /^(spec|metadata)\.[A-Za-z_.]+ .+; .+/, path);
          assert.ok(!message.includes('\n') && message.length <= 2048);
          assert.ok(!rule.includes('{{'), 'Helm would read it as a template');
        }
        if (node['x-kubernetes-validations'] !== undefined && node.type === 'string')
          assert.ok('maxLength' in node, `${path} is unbounded`);
      });
      assert.ok(rules > 0);
    });

    it(`explain every field of the spec of ${kind} in the reference`, () => {
      const page = renderResourceReference();
      walk(schemaOf(crd).properties?.['spec'] ?? {}, 'spec', (node, path) => {
        if (path.endsWith('[]')) return;
        const alike = path.replace(/[^.]+$/, '<NAME>');
        const named = page.includes(`| \`${alike}\` |`) && page.includes(`\`${path.split('.').at(-1)}\``);
        assert.ok(page.includes(`| \`${path}\` |`) || named, `${path} is not in the reference`);
        assert.ok((node.description ?? '').length > 0, `${path} has no description`);
      });
    });
  }

  it('are read back by a YAML parser as what was meant', () => {
    for (const [name, yaml] of renderCrds()) {
      const kind = KIND_NAMES.find((each) => name === `${KINDS[each].plural}.yaml`);
      assert.ok(kind !== undefined);
      assert.deepEqual(parse(yaml), JSON.parse(JSON.stringify(toCrd(KINDS[kind]))));
    }
  });

  it('know the same entities and actions as redaction', () => {
    assert.deepEqual([...POLICY_ENTITIES], [...ENTITY_TYPES]);
    assert.deepEqual([...ACTIONS], ['allow', 'pseudonymise', 'mask', 'block']);
  });
});
