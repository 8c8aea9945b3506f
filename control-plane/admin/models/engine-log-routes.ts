// What the engines of a model wrote last. Engines write no prompts; the file is bounded. Imports http/.

import * as z from 'zod';
import { defineRoute, type Route } from '../http/route.ts';

export interface EngineLogTail {
  /** Place of the replica, from 0. */
  readonly replica: number;
  /** Its last lines, oldest first. */
  readonly lines: readonly string[];
}

/** The last lines of each engine process of a model, also of one that ended. */
export type EngineLogReader = (namespace: string, name: string) => Promise<readonly EngineLogTail[]>;

const tailSchema = z.object({ replica: z.int(), lines: z.array(z.string()) });

export function engineLogRoutes(read: EngineLogReader): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/models/{namespace}/{name}/log',
      summary: 'The last lines that the engines of a model wrote',
      action: 'model.log.read',
      params: z.object({ namespace: z.string().max(63), name: z.string().max(253) }),
      answer: { description: 'One tail for each process.', schema: z.object({ logs: z.array(tailSchema) }) },
      handle: async ({ params: { namespace, name } }) => ({ json: { logs: await read(namespace, name) } }),
    }),
  ];
}
