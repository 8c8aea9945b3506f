// The reference page of the audit record: kinds and fields from the schema that writes and reads them, and what the law
// asks of such a log, article by article. May import: zod and this room.

import { z } from 'zod';
import { LAW } from './law.ts';
import { RECORD_SCHEMAS, type RecordKind } from './record.ts';

interface KindFacts {
  readonly when: string;
  /** What waits for its commit. */
  readonly gates: string;
  readonly facts: readonly (keyof typeof RECORD_SCHEMAS.facts.shape)[];
}

/** When each kind is written, and which facts it holds. */
export const RECORD_KIND_FACTS: Readonly<Record<RecordKind, KindFacts>> = {
  intent: {
    when: 'before each attempt to have a model answer a request',
    gates: 'the first byte to the engine',
    facts: ['attempt', 'dataClass', 'model', 'target', 'policy', 'recognisers', 'redactions', 'request', 'digestKey'],
  },
  outcome: {
    when: 'after an attempt, whatever became of it; after a change',
    gates: 'nothing: queued, and written when the database can',
    facts: ['outcome', 'response', 'timings', 'digestKey'],
  },
  refusal: {
    when: 'for a request that was turned away before any attempt; those that anyone can cause without limit share a record a minute',
    gates: 'nothing',
    facts: ['outcome', 'blocked', 'model', 'policy'],
  },
  change: {
    when: 'before an administrator, the command line or the product itself changes a resource, a key or an account',
    gates: 'the change',
    facts: ['object', 'policy', 'proposal', 'dryRun', 'dataClass'],
  },
  read: {
    when: 'before somebody reads, searches, compares or exports the log',
    gates: 'the answer',
    facts: ['object', 'purpose', 'search'],
  },
  session: { when: 'at each sign-in and sign-out of the console', gates: 'the sign-in', facts: [] },
  lifecycle: {
    when: 'at the start and at the orderly end of each process that writes records; at the first start after a restore',
    gates: 'the start',
    facts: ['recovery'],
  },
  heartbeat: { when: 'by each such process, at least every 45 s', gates: 'nothing', facts: [] },
};

/** docs/reference/audit-records.md, as Markdown. */
export function renderRecordReference(): string {
  const kinds = Object.entries(RECORD_KIND_FACTS).map(
    ([kind, { when, gates, facts }]) =>
      `| \`${kind}\` | ${when} | ${gates} | ${facts.map((fact) => `\`${fact}\``).join(', ') || 'none'} |`,
  );
  const holders = (fact: string) =>
    Object.entries(RECORD_KIND_FACTS)
      .filter(([, { facts }]) => facts.some((held) => held === fact))
      .map(([kind]) => kind)
      .join(', ');
  return `# Audit records

<!-- Written by \`npm run generate\` from control-plane/audit/format/. Do not edit. -->

A record is one entry of the log: the canonical JSON (RFC 8785) of the fields below, at most 65,535 bytes, stored, hashed and exported as those very bytes.
A record that was acknowledged is committed; it enters the Merkle tree within a second. How the log is proved: [verify the log](../guides/verify-the-log.md);
against whom: [who could tamper with it](attackers.md).

**A record never holds** what stood in a request or an answer: no prompt, no value that was found, no surrogate, no field name that a caller made up; nor an API key, a password or
a network address. Texts stand in it as keyed digests (HMAC-SHA-256): whoever holds the digest key can ask whether *this* text is the one
(\`intramuros audit match\`), and nobody else can guess one from the log. A digest is still personal data while its key exists. What administrators
name (models, policies, tenants, keys, accounts) stands in it by that name, for ever: give no personal data as a name.

## Kinds

| Kind | Written | Its commit gates | Facts |
| --- | --- | --- | --- |
${kinds.join('\n')}

Every \`intent\` and \`change\` is followed by an \`outcome\` that names its receipt; one without is an orphan, and the verifier counts them.

## Envelope: in every record

| Field | Type | What it is |
| --- | --- | --- |
${rowsOf(RECORD_SCHEMAS.envelope).join('\n')}

## Facts: by kind

Counts are numbers of things, sizes are bytes, times are milliseconds.

| Field | Type | In | What it is |
| --- | --- | --- | --- |
${rowsOf(RECORD_SCHEMAS.facts, holders).join('\n')}

A reader that meets a fact which it does not know keeps it and says so; a wrong envelope makes a log bad.

## Actions

* Requests: \`chat.completions\`, \`completions\`, \`embeddings\`; \`unknown\` for a refusal of something else.
* Console and command line: \`model.apply\`, \`model.delete\`, \`policy.apply\`, \`policy.delete\`, \`proposal.create\`, \`proposal.approve\`, \`proposal.reject\`, \`proposal.withdraw\`, \`key.create\`, \`key.revoke\`, \`account.change\`, \`password.change\`, \`token.own\`, \`log.reindex\` (changes); \`log.read\`, \`log.search\`, \`log.match\`, \`log.export\`, \`backup.create\` (reads);
  \`session.begin\`, \`session.end\`. A refusal there has the path of the route that refused.
* The product itself: \`account.create\`, \`account.password\`, \`start\`, \`stop\`, \`alive\`, \`recovered\`, \`proposal.expire\`.

${LAW}`;
}

interface Node {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly additionalProperties?: unknown;
}

function rowsOf(schema: z.ZodObject, holders?: (fact: string) => string): string[] {
  const node = z.toJSONSchema(schema, { unrepresentable: 'any' }) as Node;
  return Object.entries(node.properties ?? {}).flatMap(([field, child]) => {
    const held = holders === undefined ? '' : ` ${holders(field)} |`;
    return rows(field, child, node.required?.includes(field) ?? false).map(
      ([path, type, text]) => `| \`${path}\` | ${type} |${held} ${text} |`,
    );
  });
}

function rows(path: string, node: Node, required: boolean): [string, string, string][] {
  const own: [string, string, string] = [path, typeOf(node) + (required ? '' : ', optional'), node.description ?? ''];
  const inner = Object.entries(node.properties ?? {}).flatMap(([name, child]) =>
    rows(`${path}.${name}`, child, node.required?.includes(name) ?? false),
  );
  return [own, ...inner];
}

function typeOf(node: Node): string {
  if (node.const !== undefined) return `\`${JSON.stringify(node.const)}\``;
  if (node.enum !== undefined) return node.enum.map((word) => `\`${word}\``).join(', ');
  if (node.items !== undefined) return `list of ${node.items.type ?? 'any'}`;
  if (node.type === 'object' && node.properties === undefined) return 'object of integers';
  return node.type ?? 'any';
}
