// What the engines of a model wrote last. Engines write no prompts; the file is bounded. Imports http/.

import * as z from 'zod';
import type { ResourceStore } from '../../../operator/api/ports.ts';
import { fail } from '../../errors.ts';
import { defineRoute, type Route } from '../http/route.ts';
import { seenBy } from '../resources/own-resources.ts';

export interface EngineLogTail {
  /** Place of the replica, from 0. */
  readonly replica: number;
  /** Its last lines, oldest first. */
  readonly lines: readonly string[];
}

/** The last lines of each engine process of a model, also of one that ended. */
export type EngineLogReader = (namespace: string, name: string) => Promise<readonly EngineLogTail[]>;

const tailSchema = z.object({ replica: z.int(), lines: z.array(z.string()) });

export function engineLogRoutes(read: EngineLogReader, store: Pick<ResourceStore, 'list'>): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/models/{namespace}/{name}/log',
      summary: 'The last lines that the engines of a model wrote',
      action: 'model.log.read',
      params: z.object({ namespace: z.string().max(63), name: z.string().max(253) }),
      answer: { description: 'One tail for each process.', schema: z.object({ logs: z.array(tailSchema) }) },
      handle: async ({ params: { namespace, name }, principal }) => {
        const seen = await seenBy(principal, store);
        if (!seen('Model', { namespace, name })) {
          throw fail('not_found', { param: 'name', detail: 'There is no Model of this name in this namespace.' });
        }
        return { json: { logs: await read(namespace, name) } };
      },
    }),
  ];
}
