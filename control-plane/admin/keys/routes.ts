// API keys over HTTP. Imports the service beside it and http/.

import * as z from 'zod';
import { DATA_CLASSES } from '../../policy/data-class.ts';
import { defineRoute, type Route } from '../http/route.ts';
import type { ApiKeyRow, KeyService } from './key-service.ts';

const word = (what: string) =>
  z
    .string()
    .regex(
      /^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/i,
      `must be 1 to 63 letters, digits, dots, dashes or underscores (${what})`,
    );

export const newKeySchema = z.strictObject({
  name: word('it names what uses the key').meta({ description: 'What uses the key, for people.' }),
  tenant: word('it names the tenant').default('default').meta({ description: 'Tenant that the requests count for.' }),
  dataClass: z
    .enum(DATA_CLASSES, { error: `must be one of ${DATA_CLASSES.join(', ')}` })
    .default('internal')
    .meta({ description: 'Least class that its requests are treated as.' }),
});

const keyRow = z.object({
  name: z.string(),
  tenant: z.string(),
  dataClass: z.enum(DATA_CLASSES),
  prefix: z.string(),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
  revokedAt: z.iso.datetime().nullable(),
});

const prefixPath = z.object({
  prefix: z.string().regex(/^im_[A-Za-z0-9]{8}$/, 'must be im_ and 8 characters, as "key list" shows it'),
});

export function keyRoutes(keys: KeyService): Route[] {
  return [
    defineRoute({
      method: 'post',
      path: '/api/v1/keys',
      summary: 'Make an API key',
      action: 'key.create',
      body: newKeySchema,
      successStatus: 201,
      answer: {
        description: 'The key, shown this once.',
        schema: z.object({ key: z.string().meta({ description: 'Keep it: it is stored nowhere.' }), ...keyRow.shape }),
      },
      record: {
        kind: 'change',
        facts: ({ body }) => ({ object: { kind: 'ApiKey', name: body.name }, dataClass: body.dataClass }),
      },
      handle: async ({ body, caller }) => {
        const { key, row } = await keys.create({ ...body, createdBy: caller });
        return { status: 201, json: { key, ...present(row) } };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/v1/keys',
      summary: 'The API keys, newest first',
      action: 'key.read',
      answer: { description: 'Keys without their secret.', schema: z.object({ keys: z.array(keyRow) }) },
      handle: async () => ({ json: { keys: (await keys.list()).map(present) } }),
    }),
    defineRoute({
      method: 'delete',
      path: '/api/v1/keys/{prefix}',
      summary: 'Revoke an API key; every gateway refuses it within seconds',
      action: 'key.revoke',
      params: prefixPath,
      successStatus: 204,
      answer: { description: 'Revoked.' },
      record: { kind: 'change', facts: ({ params }) => ({ object: { kind: 'ApiKey', name: params.prefix } }) },
      handle: async ({ params }) => {
        await keys.revoke(params.prefix);
        return { status: 204, json: null };
      },
    }),
  ];
}

function present({ id: _id, createdAt, revokedAt, ...row }: ApiKeyRow) {
  return { ...row, createdAt: createdAt.toISOString(), revokedAt: revokedAt?.toISOString() ?? null };
}
