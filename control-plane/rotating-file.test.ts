import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { LOG_LIMITS, RotatingFile } from './rotating-file.ts';

const root = mkdtempSync(join(tmpdir(), 'intramuros-log-'));
after(() => rmSync(root, { recursive: true, force: true }));

test('logs are kept as five files of 10 MB when nobody says otherwise', () => {
  assert.deepEqual(LOG_LIMITS, { maxBytes: 10 * 1024 * 1024, files: 5 });
});

test('a full file makes place: whole lines, the newest in the first file, no more files than allowed', () => {
  const path = join(root, 'many.log');
  const log = new RotatingFile(path, { maxBytes: 1000, files: 5 });
  for (let line = 0; line < 500; line += 1) log.write(Buffer.from(`${String(line).padStart(9, '0')}\n`));
  log.close();
  const names = readdirSync(root).filter((name) => name.startsWith('many.log'));
  assert.deepEqual(names.toSorted(), ['many.log', 'many.log.1', 'many.log.2', 'many.log.3', 'many.log.4']);
  const kept = [4, 3, 2, 1].map((age) => readFileSync(`${path}.${age}`, 'utf8')).join('') + readFileSync(path, 'utf8');
  for (const name of names) {
    assert.ok(statSync(join(root, name)).size <= 1000);
    assert.equal(statSync(join(root, name)).mode & 0o777, 0o600);
  }
  const lines = kept.trimEnd().split('\n').map(Number);
  assert.equal(lines.at(-1), 499);
  assert.deepEqual(
    lines,
    lines.map((_, index) => 500 - lines.length + index),
    'none lost in between, in order',
  );
});

test('one write larger than a file is spread over files, and a line longer than one is cut', () => {
  const path = join(root, 'large.log');
  const log = new RotatingFile(path, { maxBytes: 100, files: 3 });
  log.write(Buffer.from('short\n'));
  log.write(Buffer.from('x'.repeat(250)));
  log.close();
  const kept = ['.2', '.1', ''].map((age) => readFileSync(`${path}${age}`, 'utf8'));
  assert.deepEqual(
    kept.map(({ length }) => length),
    [100, 100, 50],
  );
});

test('a file of an earlier start is continued, and what others could read is closed to them', () => {
  const path = join(root, 'continued.log');
  writeFileSync(path, 'before\n', { mode: 0o644 });
  const log = new RotatingFile(path, { maxBytes: 10, files: 2 });
  log.write(Buffer.from('after\n'));
  log.close();
  assert.equal(readFileSync(`${path}.1`, 'utf8'), 'before\n');
  assert.equal(readFileSync(path, 'utf8'), 'after\n');
  assert.equal(statSync(`${path}.1`).mode & 0o777, 0o600);
});

test('what cannot be written is dropped, and a later write goes through', () => {
  const folder = join(root, 'absent');
  const log = new RotatingFile(join(folder, 'a.log'));
  log.write(Buffer.from('lost\n'));
  writeFileSync(join(root, 'file'), '');
  const blocked = new RotatingFile(join(root, 'file', 'a.log'));
  blocked.write(Buffer.from('lost\n'));
  blocked.close();
  log.close();
  assert.throws(() => statSync(folder), { code: 'ENOENT' });
});
