// Secrets over HTTP: which there are and in which versions, and the rotation of one. Never a key.
// Imports http/ and the types of the secrets room.

import * as z from 'zod';
import { fail } from '../../errors.ts';
import type { KeyVersion, SecretName, StoreStatus } from '../../secrets/secrets.ts';
import { defineRoute, type Route } from '../http/route.ts';

/** What the routes need of the store. */
export interface SecretService {
  list(): readonly { readonly name: SecretName; readonly versions: readonly KeyVersion[] }[];
  status(): StoreStatus;
  /** Resolves once every process of this installation was told. */
  rotate(name: SecretName): Promise<KeyVersion>;
}

const version = z.object({
  id: z.string().meta({ description: 'Public label of the version.' }),
  version: z.int(),
});

const secretPath = z.object({
  name: z.string().regex(/^[a-z-]{1,40}$/, 'must be a name that "secret list" shows'),
});

export function secretRoutes(secrets: SecretService): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/secrets',
      summary: 'The secrets of the installation and their versions, without their keys',
      action: 'secret.read',
      answer: {
        description: 'Secrets, the current version of each first.',
        schema: z.object({
          store: z.enum(['file', 'memory', 'vault']).meta({ description: 'Where they lie.' }),
          problem: z.string().nullable().meta({ description: 'Why the store does not answer.' }),
          secrets: z.array(z.object({ name: z.string(), versions: z.array(version) })),
        }),
      },
      handle: async () => {
        const { store, problem } = secrets.status();
        return { json: { store, problem: problem ?? null, secrets: secrets.list() } };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/api/v1/secrets/{name}/rotate',
      summary: 'Make a new version of a secret the current one; the former ones stay accepted',
      action: 'secret.rotate',
      params: secretPath,
      answer: { description: 'The version that is current now.', schema: version },
      record: { kind: 'change', facts: ({ params }) => ({ object: { kind: 'Secret', name: params.name } }) },
      handle: async ({ params }) => {
        const known = secrets.list().find(({ name }) => name === params.name);
        if (known === undefined) throw unknownSecret(secrets);
        return { json: await secrets.rotate(known.name) };
      },
    }),
  ];
}

function unknownSecret(secrets: SecretService) {
  return fail('not_found', {
    param: 'name',
    detail: 'There is no secret of this name.',
    remedy: `Name one of ${secrets
      .list()
      .map(({ name }) => name)
      .join(', ')}.`,
  });
}
