import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkFile, importsOf } from './check-house.ts';

const messages = (file: string, text: string) => checkFile(file, text).map(({ message }) => message);

test('a pure room that reaches for the file system is a fault', () => {
  const [fault] = messages('control-plane/redaction/fold.ts', "import { readFileSync } from 'node:fs';\n");
  assert.match(fault ?? '', /is pure and must not import node:fs/);
});

test('the gateway may not import the operator, and may take types of the contract', () => {
  assert.equal(
    messages('control-plane/gateway/x.ts', "import { plan } from '../../operator/planning/plan.ts';\n").length,
    1,
  );
  assert.equal(
    messages('control-plane/gateway/x.ts', "import { Model } from '../../operator/api/v1alpha1/model.ts';\n").length,
    1,
  );
  const typed = "import type { Model } from '../../operator/api/v1alpha1/model.ts';\n";
  assert.deepEqual(messages('control-plane/gateway/x.ts', typed), []);
});

test('a file that belongs to no room is a fault', () => {
  assert.match(messages('control-plane/helpers/x.ts', '')[0] ?? '', /belongs to no room/);
  assert.match(messages('src/x.ts', '')[0] ?? '', /code lives in/);
});

test('a state of the request pipe is made by its stage only', () => {
  const text = "const recorded = advance<'Recorded', RecordedFacts>(facts);\n";
  assert.match(messages('control-plane/gateway/forward.ts', text)[0] ?? '', /by its stage only/);
  assert.deepEqual(messages('control-plane/gateway/record-intent.ts', text), []);
});

test('the environment is read in one place, and files stay under 500 lines', () => {
  assert.match(messages('control-plane/gateway/x.ts', 'const a = process.env.HOME;\n')[0] ?? '', /config\.ts only/);
  assert.match(messages('control-plane/gateway/x.ts', '\n'.repeat(600))[0] ?? '', /601 lines/);
});

test('imports over several lines, of types and at run time are all seen', () => {
  const text =
    "import {\n  type A,\n} from './a.ts';\nexport { b } from './b.ts';\nconst c = await import('./c.ts');\n";
  assert.deepEqual(
    importsOf(text).map(({ from, typeOnly }) => [from, typeOnly]),
    [
      ['./a.ts', true],
      ['./b.ts', false],
      ['./c.ts', false],
    ],
  );
});
