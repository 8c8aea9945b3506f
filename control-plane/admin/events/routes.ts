// The live stream of the console: Server-Sent Events that name what changed, with a comment now and then so that
// proxies keep it open. Values are asked for by the usual routes, with their permissions and records. Imports http/.

import { defineRoute, type Route } from '../http/route.ts';
import type { ChangeFeed } from './change-feed.ts';

const HEARTBEAT_MS = 15_000;

export function eventRoutes(changes: ChangeFeed): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/events',
      summary: 'What changes, as it changes: Server-Sent Events `changed` whose data is a topic',
      action: 'console.open',
      answer: { description: 'A stream that does not end.', contentType: 'text/event-stream' },
      handle: async ({ signal }) => ({ stream: frames(changes, signal), contentType: 'text/event-stream' }),
    }),
  ];
}

async function* frames(changes: ChangeFeed, signal: AbortSignal): AsyncGenerator<string> {
  yield 'retry: 2000\n\n';
  const topics = changes.listen(signal);
  let next = topics.next();
  while (!signal.aborted) {
    const result = await Promise.race([next, heartbeat(signal)]);
    if (result === undefined) {
      yield ': still here\n\n';
      continue;
    }
    if (result.done === true) return;
    yield `event: changed\ndata: ${result.value}\n\n`;
    next = topics.next();
  }
}

function heartbeat(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve(undefined);
    };
    const timer = setTimeout(done, HEARTBEAT_MS);
    signal.addEventListener('abort', done);
  });
}
