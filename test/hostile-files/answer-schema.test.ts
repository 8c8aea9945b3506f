// The schema that lies beside the weights is a file from outside too.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { DigestCache } from '../../operator/runtime/local/digest-cache.ts';
import { inspectSource } from '../../operator/runtime/local/inspect-source.ts';
import { rawGguf } from './raw-gguf.ts';

const HOSTILE: Readonly<Record<string, (path: string) => void>> = {
  'that is no JSON': (path) => writeFileSync(path, '{"type": '),
  'that is not UTF-8': (path) => writeFileSync(path, Buffer.from([0x7b, 0xff, 0xfe, 0x7d])),
  'that is a list': (path) => writeFileSync(path, '[]'),
  'that is null': (path) => writeFileSync(path, 'null'),
  'that is too large': (path) => writeFileSync(path, `{"a":"${'x'.repeat(300_000)}"}`),
  'that nests a hundred thousand lists': (path) =>
    writeFileSync(path, `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
  'that is a pipe': (path) => execFileSync('mkfifo', [path]),
  'that is a folder': (path) => mkdirSync(path),
};

describe('an answer schema beside the weights', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'schema-'));
    writeFileSync(join(folder, 'a.gguf'), rawGguf());
  });
  after(() => rmSync(folder, { recursive: true }));

  const inspect = () =>
    inspectSource(
      { uri: 'file://a.gguf' },
      {
        folders: { modelsFolder: folder, bundledModels: {} },
        digests: new DigestCache(undefined),
        signal: new AbortController().signal,
      },
    );

  it('that is good is taken over', async () => {
    writeFileSync(join(folder, 'a.schema.json'), '{"type":"object"}');
    const source = await inspect();
    assert.ok(source.state === 'verified');
    assert.deepEqual(source.answerSchema, { type: 'object' });
  });

  for (const [name, write] of Object.entries(HOSTILE)) {
    it(`${name} is refused with its remedy`, async () => {
      const path = join(folder, 'a.schema.json');
      rmSync(path, { recursive: true, force: true });
      write(path);
      const source = await inspect();
      assert.ok(source.state === 'failed', source.state);
      assert.equal(source.reason, 'AnswerSchemaInvalid');
      assert.match(source.remedy, /remove it/);
    });
  }
});
