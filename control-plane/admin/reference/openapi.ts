// The OpenAPI document, made of the route table and its zod schemas, so that it cannot say anything else than what is
// served. Readable without credentials: it holds no data. Imports http/ types, identity types and zod.

import * as z from 'zod';
import type { Answer, Route } from '../http/route.ts';
import { defineRoute } from '../http/route.ts';

type Json = Readonly<Record<string, unknown>>;

const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  param: z.string().optional(),
  remedy: z.string().optional(),
  problems: z.array(z.object({ field: z.string(), message: z.string(), remedy: z.string() })).optional(),
  instance: z.string(),
});

export function openApiDocument(routes: readonly Route[], version: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    paths[route.path] ??= {};
    Object.assign(paths[route.path] ?? {}, { [route.method]: operationOf(route) });
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Intramuros admin API', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'The token of admin.json in the data folder.' },
        session: { type: 'apiKey', in: 'cookie', name: 'intramuros_session' },
      },
      schemas: { Problem: toSchema(problemSchema, 'output') },
    },
  };
}

/** The document's own route; it describes itself too. */
export function openApiRoute(routes: readonly Route[], version: string): Route {
  const route = defineRoute({
    method: 'get',
    path: '/api/v1/openapi.json',
    summary: 'This document',
    action: 'public',
    answer: { description: 'OpenAPI 3.1.' },
    handle: async (): Promise<Answer> => ({ json: openApiDocument([...routes, route], version) }),
  });
  return route;
}

function operationOf(route: Route): Json {
  const { summary, answer, successStatus = 200 } = route;
  const content = answer.schema === undefined ? {} : { content: contentOf(answer.schema, answer.contentType) };
  return {
    operationId: `${route.method}${route.path
      .replace('/api/v1', '')
      .replaceAll(/[{}]/g, '')
      .replaceAll(/[/.-](\w)/g, (_all, letter: string) => letter.toUpperCase())}`,
    summary,
    ...(route.action === 'public'
      ? { security: [] }
      : {
          security: [{ bearer: [] }, { session: [] }],
          'x-action': typeof route.action === 'string' ? route.action : route.action.actions,
        }),
    parameters: [
      ...parametersOf(route.params, 'path'),
      ...parametersOf(route.query, 'query'),
      ...(mayRepeat(route) ? [IDEMPOTENCY_KEY] : []),
    ],
    ...(route.body === undefined
      ? {}
      : {
          requestBody: { required: true, content: { 'application/json': { schema: toSchema(route.body, 'input') } } },
        }),
    responses: {
      [successStatus]: { description: answer.description, ...content },
      default: {
        description: 'A problem (RFC 9457).',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  };
}

/** The header of changes that are done once, however often they are sent. */
const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'Sent again under the same key within a day, the change is not done again.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

function mayRepeat({ method, record, takesSecret }: Route): boolean {
  return method === 'post' && record?.kind === 'change' && takesSecret !== true;
}

function contentOf(schema: z.ZodType, contentType = 'application/json'): Json {
  return { [contentType]: { schema: toSchema(schema, 'output') } };
}

function parametersOf(schema: z.ZodType | undefined, place: 'path' | 'query'): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = toSchema(schema, 'input') as {
    properties?: Record<string, Json>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, { description, ...inner }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: inner,
  }));
}

function toSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}
