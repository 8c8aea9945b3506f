// What tells the console that something changed: topics, not values, so that nothing is sent to someone who may not
// read it. A topic is the first part of the console's query keys. Imports nothing of ours.

export type Topic = 'models' | 'policies' | 'keys' | 'tenants' | 'records' | 'system' | 'accounts';

export interface ChangeFeed {
  /** Tells everyone who listens; a run of the same topic is told once. */
  readonly tell: (topic: Topic) => void;
  /** Topics as they change, until the signal aborts. */
  listen(signal: AbortSignal): AsyncGenerator<Topic>;
  /** Ends every stream: the listener is about to close. */
  end(): void;
}

/** Changes of one topic within this time are one. */
const GATHER_MS = 250;

export function createChangeFeed(): ChangeFeed {
  const listeners = new Set<(topic: Topic) => void>();
  const due = new Map<Topic, NodeJS.Timeout>();
  const over = new AbortController();

  function tell(topic: Topic): void {
    if (due.has(topic) || listeners.size === 0) return;
    const timer = setTimeout(() => {
      due.delete(topic);
      for (const listener of listeners) listener(topic);
    }, GATHER_MS);
    timer.unref();
    due.set(topic, timer);
  }

  async function* listen(left: AbortSignal): AsyncGenerator<Topic> {
    const signal = AbortSignal.any([left, over.signal]);
    const waiting = new Set<Topic>();
    let wake = () => {};
    const listener = (topic: Topic) => {
      waiting.add(topic);
      wake();
    };
    const onAbort = () => wake();
    listeners.add(listener);
    signal.addEventListener('abort', onAbort);
    try {
      while (!signal.aborted) {
        for (const topic of waiting) {
          waiting.delete(topic);
          yield topic;
        }
        if (waiting.size > 0 || signal.aborted) continue;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      listeners.delete(listener);
      signal.removeEventListener('abort', onAbort);
    }
  }

  return { tell, listen, end: () => over.abort() };
}
