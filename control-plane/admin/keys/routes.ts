// API keys over HTTP. A developer makes, sees and ends the keys of its own tenant. Imports the service beside it, identity
// and http/.

import * as z from 'zod';
import { DATA_CLASSES } from '../../policy/data-class.ts';
import { type Call, defineRoute, type Route } from '../http/route.ts';
import { ownTenant } from '../identity/own-tenant.ts';
import { type ApiKeyRow, type KeyService, keyState } from './key-service.ts';

const DAY_S = 86_400;
const MAX_OVERLAP_S = 90 * DAY_S;
const MODEL_PATTERN = /^[a-z0-9]([-.a-z0-9]*[a-z0-9])?(:[a-z0-9]([-.a-z0-9]*[a-z0-9])?)?$/;

const word = (what: string) =>
  z
    .string()
    .regex(
      /^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/i,
      `must be 1 to 63 letters, digits, dots, dashes or underscores (${what})`,
    );

const limit = (most: number, what: string) =>
  z
    .int(`must be a whole number from 1 to ${most}`)
    .min(1, `must be a whole number from 1 to ${most}`)
    .max(most, `must be a whole number from 1 to ${most}`)
    .optional()
    .meta({ description: `${what} a minute, at each gateway; left out: no limit of its own.` });

export const newKeySchema = z.strictObject({
  name: word('it names what uses the key').meta({ description: 'What uses the key, for people.' }),
  tenant: word('it names the tenant')
    .optional()
    .meta({ description: 'Tenant that the requests count for; default: the own one, or `default`.' }),
  dataClass: z
    .enum(DATA_CLASSES, { error: `must be one of ${DATA_CLASSES.join(', ')}` })
    .default('internal')
    .meta({ description: 'Least class that its requests are treated as.' }),
  expiresAt: z.iso
    .datetime({ offset: true, error: 'must be a moment such as 2027-01-31T00:00:00Z' })
    .optional()
    .meta({ description: 'From then on it opens nothing; left out: no end.' }),
  models: z
    .array(z.string().max(127).regex(MODEL_PATTERN, 'must be the name of a model, or MODEL:ADAPTER'))
    .max(64)
    .default([])
    .meta({ description: 'The only models that it may ask for; none named: all of its tenant.' }),
  requestsPerMinute: limit(10_000_000, 'Requests'),
  tokensPerMinute: limit(1_000_000_000, 'Tokens, of prompts and answers,'),
});

const rotation = z.strictObject({
  overlapSeconds: z
    .int(`must be a whole number from 0 to ${MAX_OVERLAP_S}`)
    .min(0, `must be a whole number from 0 to ${MAX_OVERLAP_S}`)
    .max(MAX_OVERLAP_S, `must be a whole number from 0 to ${MAX_OVERLAP_S}`)
    .default(DAY_S)
    .meta({ description: 'How long the old key stays valid beside the new one.' }),
});

const moment = z.iso.datetime().nullable();
const keyRow = z.object({
  name: z.string(),
  tenant: z.string(),
  dataClass: z.enum(DATA_CLASSES),
  prefix: z.string(),
  state: z
    .enum(['valid', 'ending', 'expired', 'revoked'])
    .meta({ description: '`ending`: another key took its place, and it is valid for a while yet.' }),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
  expiresAt: moment,
  revokedAt: moment,
  lastUsedAt: moment.meta({ description: 'To the minute.' }),
  models: z.array(z.string()).meta({ description: 'The only ones that it may ask for; none: all of its tenant.' }),
  requestsPerMinute: z.int().nullable(),
  tokensPerMinute: z.int().nullable(),
  replacedBy: z.string().nullable().meta({ description: 'Prefix of the key that took its place.' }),
});
export type PresentedKey = z.output<typeof keyRow>;

const madeKey = {
  description: 'The key, shown this once.',
  schema: z.object({ key: z.string().meta({ description: 'Keep it: it is stored nowhere.' }), ...keyRow.shape }),
};
export type PresentedNewKey = z.output<typeof madeKey.schema>;

const PREFIX = z.string().regex(/^im_[A-Za-z0-9]{8}$/, 'must be im_ and 8 characters, as "key list" shows it');
const prefixPath = z.object({ prefix: PREFIX });
const listQuery = z.strictObject({
  tenant: word('it names the tenant').optional(),
  before: PREFIX.optional().meta({ description: '`next` of the page before this one.' }),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

export function keyRoutes(keys: KeyService, now: () => Date = () => new Date()): Route[] {
  const present = (row: ApiKeyRow) => presentKey(row, now());
  const change = {
    kind: 'change' as const,
    facts: ({ params }: Call<z.output<typeof prefixPath>, unknown, unknown>) => ({
      object: { kind: 'ApiKey', name: params.prefix },
    }),
  };
  return [
    defineRoute({
      method: 'post',
      path: '/api/v1/keys',
      summary: 'Make an API key',
      action: 'key.create',
      answersSecret: true,
      body: newKeySchema,
      successStatus: 201,
      answer: madeKey,
      record: {
        kind: 'change',
        facts: ({ body }) => ({ object: { kind: 'ApiKey', name: body.name }, dataClass: body.dataClass }),
      },
      handle: async ({ body: { expiresAt, ...body }, caller, principal }) => {
        const { key, row } = await keys.create({
          ...body,
          tenant: ownTenant(principal?.tenant, body.tenant),
          createdBy: caller,
          expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt),
        });
        return { status: 201, json: { key, ...present(row) } };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/v1/keys',
      summary: 'The API keys, newest first',
      action: 'key.read',
      query: listQuery,
      answer: {
        description: 'Keys without their secret.',
        schema: z.object({
          keys: z.array(keyRow),
          next: z.string().nullable().meta({ description: 'To be sent as `before` for the keys before these.' }),
        }),
      },
      handle: async ({ query: { tenant, before, limit: most }, principal }) => {
        const own = principal?.tenant ?? tenant;
        if (principal?.tenant !== undefined) ownTenant(principal.tenant, tenant);
        const rows = await keys.list({ tenant: own, before, limit: most + 1 });
        const page = rows.slice(0, most);
        return { json: { keys: page.map(present), next: rows.length > most ? (page.at(-1)?.prefix ?? null) : null } };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/api/v1/keys/{prefix}/rotate',
      summary: 'Make a key in the place of another, which stays valid for a while',
      action: 'key.create',
      answersSecret: true,
      params: prefixPath,
      body: rotation,
      successStatus: 201,
      answer: madeKey,
      record: change,
      handle: async ({ params, body, caller, principal }) => {
        const overlapMs = body.overlapSeconds * 1000;
        const by = { createdBy: caller, overlapMs, own: principal?.tenant };
        const { key, row } = await keys.rotate(params.prefix, by);
        return { status: 201, json: { key, ...present(row) } };
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/api/v1/keys/{prefix}',
      summary: 'Revoke an API key; every gateway refuses it within seconds',
      action: 'key.revoke',
      params: prefixPath,
      successStatus: 204,
      answer: { description: 'Revoked.' },
      record: change,
      handle: async ({ params, principal }) => {
        await keys.revoke(params.prefix, principal?.tenant);
        return { status: 204, json: null };
      },
    }),
  ];
}

function presentKey(row: ApiKeyRow, now: Date): PresentedKey {
  const { id: _id, createdAt, models, ...kept } = row;
  const iso = (at: Date | undefined) => at?.toISOString() ?? null;
  return {
    ...kept,
    models: [...models],
    state: keyState(row, now),
    createdAt: createdAt.toISOString(),
    expiresAt: iso(row.expiresAt),
    revokedAt: iso(row.revokedAt),
    lastUsedAt: iso(row.lastUsedAt),
    requestsPerMinute: row.requestsPerMinute ?? null,
    tokensPerMinute: row.tokensPerMinute ?? null,
    replacedBy: row.replacedBy ?? null,
  };
}
