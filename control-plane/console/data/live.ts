// What changed, as it changes: one stream of events for the whole console. An event names a topic; queries whose key
// begins with it are asked again, and new values take the place of old ones without a flicker.

import type { QueryClient } from '@tanstack/react-query';

/** Opens the stream; the browser opens it again by itself when it breaks. Returns the function that ends it. */
export function followChanges(client: QueryClient, onState: (live: boolean) => void): () => void {
  const stream = new EventSource('/api/v1/events');
  let missed = false;
  stream.addEventListener('open', () => {
    onState(true);
    // What happened while it was broken is not told again.
    if (missed) void client.invalidateQueries();
    missed = false;
  });
  stream.addEventListener('error', () => {
    missed = true;
    onState(false);
  });
  stream.addEventListener('changed', ({ data }: MessageEvent<string>) => {
    void client.invalidateQueries({ queryKey: [data] });
  });
  return () => stream.close();
}
