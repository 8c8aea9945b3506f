// Writes every page and file that is generated from code; with --check only says which are stale, and fails.
//
//   npm run generate            npm run generate:check

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { apiRoutes } from '../../control-plane/admin/app.ts';
import { fakeDependencies } from '../../control-plane/admin/fake-dependencies.ts';
import { openApiDocument } from '../../control-plane/admin/reference/openapi.ts';
import { renderApiPage } from '../../control-plane/admin/reference/page.ts';
import { renderRecordReference } from '../../control-plane/audit/format/reference.ts';
import { environment } from '../../control-plane/config.ts';
import { ERRORS } from '../../control-plane/errors.ts';
import { renderEntityReference } from '../../control-plane/redaction/reference.ts';
import { renderWireReference } from '../../control-plane/wire/reference.ts';
import { renderCrds } from '../../operator/api/crd.ts';
import { renderResourceReference } from '../../operator/api/reference.ts';
import { renewNotice } from '../../test/house/notice.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const CRD_FOLDER = 'charts/intramuros/templates/crds';

const files = new Map<string, string>([
  ['docs/reference/configuration.md', renderConfiguration()],
  ['docs/reference/errors.md', renderErrors()],
  ['docs/reference/audit-records.md', renderRecordReference()],
  ['docs/reference/entities.md', renderEntityReference()],
  ['docs/reference/wire.md', renderWireReference()],
  ['docs/reference/api.md', renderApiPage(openApiDocument(apiRoutes(fakeDependencies()), '1'))],
  ['docs/reference/resources.md', renderResourceReference()],
  ...[...renderCrds()].map(([name, text]): [string, string] => [`${CRD_FOLDER}/${name}`, text]),
  // What is installed differs by platform; the lists are those of one.
  ...(process.platform === 'linux' && process.arch === 'x64'
    ? [['NOTICE', renewNotice(read(join(REPOSITORY, 'NOTICE')) ?? '')] as const]
    : []),
]);

const check = process.argv.includes('--check');
let stale = 0;
for (const [file, text] of files) {
  const path = join(REPOSITORY, file);
  if (read(path) === text) continue;
  stale += 1;
  if (!check) writeFileSync(path, text);
  console.log(`${check ? 'stale' : 'written'}: ${file}`);
}
console.log(`${files.size} generated files, ${stale} ${check ? 'stale' : 'written'}`);
if (check && stale > 0) {
  console.error('Run "npm run generate" and commit what it writes.');
  process.exitCode = 1;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function renderConfiguration(): string {
  const schema = z.toJSONSchema(environment, { io: 'input', unrepresentable: 'any' });
  const rows = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const { description = '', default: value } = property as { description?: string; default?: unknown };
    return `| \`${name}\` | ${value === undefined ? '' : `\`${JSON.stringify(value)}\``} | ${description} |`;
  });
  return [
    '# Configuration',
    '',
    'Every variable of the environment that a process reads, once, at its start. An empty variable counts as not set.',
    '',
    '| Variable | Default | Why |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

function renderErrors(): string {
  const rows = Object.entries(ERRORS).map(([code, { status, title }]) => `| \`${code}\` | ${status} | ${title} |`);
  return [
    '# Error codes',
    '',
    'Every expected failure has a code. Clients may match on it; the words may change.',
    '',
    '| Code | HTTP status | Title |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}
