// GET /lora-adapters, as llama-server answers it and the bundled engine too: which adapters a process has loaded, and by
// which number a request calls each. Imports: engine.
import * as z from 'zod';
import type { AdapterQuestion } from './engine.ts';

const answer = z.array(z.object({ id: z.int().min(0), path: z.string() }));

export const loraList: AdapterQuestion = {
  path: '/lora-adapters',
  loaded(body, launched) {
    const read = answer.safeParse(parse(body));
    if (!read.success) return [];
    return launched.flatMap(({ name, path }) => {
      const found = read.data.find((each) => each.path === path);
      return found === undefined ? [] : [{ name, id: found.id }];
    });
  },
};

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
