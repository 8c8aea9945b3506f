// The memory that a Node process holds after a collection, asked through its inspector: what grows there is a leak,
// while the resident size also grows and shrinks with the mood of the allocator.

export interface LiveMemory {
  /** Objects of JavaScript that are reachable. */
  readonly heapBytes: number;
  /** Buffers that they hold. */
  readonly externalBytes: number;
  /** Resident size right after the collection. */
  readonly rssBytes: number;
}

interface Reply {
  readonly id?: number;
  readonly result?: { readonly result?: { readonly value?: unknown } };
}

const ASK = 'JSON.stringify(process.memoryUsage())';
const TIMEOUT_MS = 30_000;

/** Collects twice: what a first collection hands to finalizers goes with the second. */
export async function liveMemory(inspector: string): Promise<LiveMemory> {
  const socket = new WebSocket(inspector);
  const timer = setTimeout(() => socket.close(), TIMEOUT_MS);
  const waiting = new Map<number, (reply: Reply) => void>();
  const gone = Promise.withResolvers<never>();
  gone.promise.catch(() => undefined);
  socket.onclose = () => gone.reject(new Error('the inspector closed'));
  socket.onerror = () => gone.reject(new Error('the inspector cannot be reached'));
  socket.onmessage = ({ data }) => {
    const reply = JSON.parse(String(data)) as Reply;
    waiting.get(reply.id ?? -1)?.(reply);
  };
  let id = 0;
  const call = (method: string, params: object = {}) => {
    id += 1;
    const answer = new Promise<Reply>((resolve) => waiting.set(id, resolve));
    socket.send(JSON.stringify({ id, method, params }));
    return Promise.race([answer, gone.promise]);
  };
  try {
    await Promise.race([
      new Promise<void>((resolve) => {
        socket.onopen = () => resolve();
      }),
      gone.promise,
    ]);
    await call('HeapProfiler.collectGarbage');
    await call('HeapProfiler.collectGarbage');
    const reply = await call('Runtime.evaluate', { expression: ASK });
    const usage = JSON.parse(String(reply.result?.result?.value)) as NodeJS.MemoryUsage;
    return { heapBytes: usage.heapUsed, externalBytes: usage.external, rssBytes: usage.rss };
  } finally {
    clearTimeout(timer);
    socket.close();
  }
}
