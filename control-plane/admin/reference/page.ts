// The reference page of the API, written from the same document that is served: what each path takes and answers, and for
// whom it is. Imports the document and the table of roles.

import { PERMISSIONS } from '../identity/roles.ts';

type Json = Readonly<Record<string, unknown>>;

interface Operation {
  readonly summary: string;
  readonly parameters: readonly (Json & { readonly name: string; readonly in: string; readonly required: boolean })[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Json }>> };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Json }>>;
  readonly 'x-action'?: string | Readonly<Record<string, string>>;
}

const INTRODUCTION = `# The API

<!-- Written by \`npm run generate\` from the routes of control-plane/admin/. Do not edit. -->

Everything the console and the command line do goes through \`/api/v1\` of the admin listener. The same as OpenAPI 3.1:
\`GET /api/v1/openapi.json\`, which needs no credentials.

* **Who.** \`Authorization: Bearer TOKEN\`: \`intramuros login\` gets one. A browser's
  session sends its form token with each change. What a role may do stands beside each path; an account with a tenant
  sees and changes that one alone, and what belongs to another is not found.
* **Errors** are problems (RFC 9457) with \`code\`, \`detail\`, the field in \`param\` and a \`remedy\`: [all codes](errors.md).
* **Records.** What changes or reads something of worth answers with \`x-intramuros-receipt\`: its record is written before
  it is done.
* **Once.** Changes by POST take an \`Idempotency-Key\` (draft-ietf-httpapi-idempotency-key-header): sent again within a day under
  the same key they are not done again, and the first answer comes back; one that showed a secret answers 409
  \`already_done\` instead.
* **Pages.** Lists answer \`next\`; give it as \`before\` for what follows. They are stable while rows are added.
`;

export function renderApiPage(document: Json): string {
  const paths = document['paths'] as Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  const parts = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => render(`${method.toUpperCase()} ${path}`, operation)),
  );
  return `${INTRODUCTION}\n${parts.join('\n')}`;
}

function render(title: string, operation: Operation): string {
  const { summary, parameters, requestBody, responses } = operation;
  const body = Object.values(requestBody?.content ?? {})[0]?.schema;
  const rows = [
    ...parameters.map(({ name, in: place, required, description, schema }) =>
      row(name, place, required, { ...(schema as Json), description }),
    ),
    ...fieldsOf(body),
  ];
  const [[status, answer] = ['200', undefined]] = Object.entries(responses);
  return [
    `## \`${title}\``,
    '',
    `${summary}. ${forWhom(operation['x-action'])}`,
    '',
    ...(rows.length === 0 ? [] : ['| Field | In | Type | What it is |', '| --- | --- | --- | --- |', ...rows, '']),
    `Answers ${status}: ${answer?.description ?? ''}`,
    '',
  ].join('\n');
}

function fieldsOf(schema: Json | undefined): string[] {
  const properties = (schema?.['properties'] ?? {}) as Readonly<Record<string, Json>>;
  const required = (schema?.['required'] ?? []) as readonly string[];
  return Object.entries(properties).map(([name, inner]) => row(name, 'body', required.includes(name), inner));
}

function row(name: string, place: string, required: boolean, schema: Json): string {
  const fallback = schema['default'] === undefined ? '' : ` Default: \`${JSON.stringify(schema['default'])}\`.`;
  const text = `${(schema['description'] as string | undefined) ?? ''}${fallback}`.trim();
  return `| \`${name}\` | ${place}${required ? '' : ', optional'} | ${typeOf(schema)} | ${text.replaceAll('|', '\\|')} |`;
}

function typeOf(schema: Json): string {
  const choices = schema['enum'] as readonly unknown[] | undefined;
  if (choices !== undefined) return choices.map((choice) => `\`${String(choice)}\``).join(', ');
  const either = schema['anyOf'] as readonly Json[] | undefined;
  if (either !== undefined) return either.map(typeOf).join(' or ');
  const type = schema['type'];
  if (type === 'array') return `list of ${typeOf((schema['items'] ?? {}) as Json)}`;
  return typeof type === 'string' ? type : 'any';
}

function forWhom(action: Operation['x-action']): string {
  if (action === undefined) return 'For anyone.';
  if (typeof action === 'string') return `For ${rolesOf(action)}.`;
  return `${Object.entries(action)
    .map(([kind, each]) => `${kind}: for ${rolesOf(each)}`)
    .join('; ')}.`;
}

function rolesOf(action: string): string {
  const roles: readonly string[] = PERMISSIONS[action as keyof typeof PERMISSIONS];
  return roles.length === 5 ? 'every role' : roles.join(', ');
}
