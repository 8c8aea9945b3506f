import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ENDPOINTS } from '../../control-plane/wire/endpoint.ts';
import { type TableRow, tableRows } from '../../control-plane/wire/table-rows.ts';
import { OFFICIAL_REQUESTS, type OfficialField, officialFields } from './openai-fields.ts';

const KNOWN = {
  'chat.completions': [
    'messages[]{role=user}.content[]{type=text}.text',
    'messages[]{role=user}.content[]{type=image_url}.image_url.url',
    'messages[]{role=assistant}.tool_calls[]{type=function}.function.arguments',
    'messages[]{role=tool}.tool_call_id',
    'tools[]{type=custom}.custom.format{type=grammar}.grammar.definition',
    'response_format{type=json_schema}.json_schema.schema.*',
    'web_search_options.user_location{type=approximate}.approximate.city',
    'tool_choice{type=allowed_tools}.allowed_tools.tools[].*',
    'metadata.*',
    'stream_options.include_usage',
    'stop[]',
    'model',
  ],
  completions: ['prompt', 'prompt[]', 'prompt[][]', 'suffix', 'stream_options.include_usage', 'logit_bias.*'],
  embeddings: ['input', 'input[]', 'encoding_format', 'dimensions', 'user'],
} as const;

test('the enumeration of the official types finds the fields that are known to be there', () => {
  for (const request of OFFICIAL_REQUESTS) {
    const paths = new Set(officialFields(request).map(({ path }) => path));
    for (const known of KNOWN[request.endpoint as keyof typeof KNOWN]) assert.ok(paths.has(known), known);
  }
  const total = OFFICIAL_REQUESTS.reduce((sum, request) => sum + officialFields(request).length, 0);
  assert.ok(total >= 170, `only ${total} fields were found`);
});

for (const request of OFFICIAL_REQUESTS) {
  const endpoint = ENDPOINTS.find(({ name }) => name === request.endpoint);
  const rows = endpoint === undefined ? [] : tableRows(endpoint.table);
  const fields = officialFields(request);

  test(`the table of ${request.endpoint} has every field of the official type`, () => {
    assert.ok(rows.length > 0);
    const missing = fields.filter(({ path }) => !rows.some((row) => covers(row, path))).map(({ path }) => path);
    assert.deepEqual(missing, []);
  });

  test(`the table of ${request.endpoint} calls no free text safe and knows every literal`, () => {
    const wrong = fields.flatMap((field) => disagreements(field, rows));
    assert.deepEqual(wrong, []);
  });
}

/** Kinds that take in whatever stands below their path. */
const WHOLE = new Set(['refuse', 'json', 'schema', 'tokens']);

function covers(row: TableRow, path: string): boolean {
  return row.path === path || (WHOLE.has(row.field.kind) && path.startsWith(row.path));
}

function disagreements(field: OfficialField, rows: readonly TableRow[]): string[] {
  const mine = rows.filter((row) => covers(row, field.path)).map(({ field: row }) => row);
  const wrong: string[] = [];
  const free = field.scalars.has('string') || field.scalars.has('unknown');
  if (free && mine.some((row) => row.kind === 'safe' && row.type === 'name') && field.path !== 'model') {
    wrong.push(`${field.path}: text is passed on unread`);
  }
  if (free && mine.every((row) => row.kind === 'safe' && row.type !== 'name'))
    wrong.push(`${field.path}: text is called safe`);
  if (free || mine.some((row) => WHOLE.has(row.kind))) return wrong;
  const words = new Set(mine.flatMap((row) => (row.kind === 'safe' ? (row.values ?? []) : [])));
  for (const literal of field.literals) if (!words.has(literal)) wrong.push(`${field.path}: "${literal}" is not known`);
  return wrong;
}
