// The machines that models run on: what each has, what is free, and which models sit there. On one machine the list has
// one entry; graphics processors are listed where there are any. Imports operator/api and http/.

import * as z from 'zod';
import { formatKey } from '../../../operator/api/metadata.ts';
import type { ResourceStore } from '../../../operator/api/ports.ts';
import type { Model } from '../../../operator/api/v1alpha1/model.ts';
import { defineRoute, type Route } from '../http/route.ts';
import { onlySeen, seenBy } from '../resources/own-resources.ts';

/** A machine as it is at this moment. */
export interface Node {
  readonly name: string;
  readonly processors: number;
  readonly memory: { readonly totalBytes: number; readonly availableBytes: number };
}

export type NodeSource = () => Promise<readonly Node[]>;

const nodeSchema = z.object({
  name: z.string(),
  processors: z.int(),
  memory: z.object({ totalBytes: z.int(), availableBytes: z.int() }),
  gpus: z.array(z.object({ name: z.string(), memoryBytes: z.int() })),
  models: z
    .array(z.object({ key: z.string(), replicas: z.int(), replicaBytes: z.int() }))
    .meta({ description: 'Models with processes there, and what each process was planned to need.' }),
});
export type PresentedNode = z.output<typeof nodeSchema>;

export function nodeRoutes(nodes: NodeSource, store: Pick<ResourceStore, 'list'>): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/nodes',
      summary: 'The machines that models run on, what is free there, and which models sit there',
      action: 'node.read',
      answer: { description: 'Every machine.', schema: z.object({ nodes: z.array(nodeSchema) }) },
      handle: async ({ principal }) => {
        const models = onlySeen((await store.list('Model')).items, await seenBy(principal, store)).flatMap(seated);
        return { json: { nodes: (await nodes()).map((node) => ({ ...node, gpus: [], models })) } };
      },
    }),
  ];
}

function seated({ metadata, status }: Model): PresentedNode['models'] {
  const replicas = status?.replicas ?? 0;
  return replicas === 0 ? [] : [{ key: formatKey(metadata), replicas, replicaBytes: status?.plan?.replicaBytes ?? 0 }];
}
