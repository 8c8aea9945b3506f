// Tells whoever decides on replicas what this gateway holds of each model: at once when a request begins to wait where
// none did, every second while there is something to tell, and as a sign of life otherwise. Nothing waits for a report:
// one that is lost is followed by the next. Imports types only.

import type { Catalog } from './catalog.ts';
import type { LineLoad } from './waiting-line.ts';

export interface LoadReportsOptions {
  readonly catalog: Pick<Catalog, 'readLoads' | 'onWait'>;
  /** Models that have something to do, by key, and those that just had. */
  readonly send: (load: Readonly<Record<string, LineLoad>>) => Promise<void>;
  readonly onError: (error: unknown) => void;
  readonly clocks?: Partial<LoadClocks>;
}

export interface LoadClocks {
  readonly busyMs: number;
  /** A gateway that says nothing for three of these is taken to be gone. */
  readonly idleMs: number;
  /** Least time between two reports. */
  readonly leastMs: number;
}

const CLOCKS: LoadClocks = { busyMs: 1000, idleMs: 5000, leastMs: 50 };

export interface LoadReports {
  stop(): Promise<void>;
}

export function startLoadReports({ catalog, send, onError, clocks }: LoadReportsOptions): LoadReports {
  const { busyMs, idleMs, leastMs } = { ...CLOCKS, ...clocks };
  let told = new Set<string>();
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let dueMs = 0;
  let sending: Promise<void> = Promise.resolve();

  function schedule(inMs: number): void {
    if (stopped) return;
    const atMs = performance.now() + inMs;
    if (timer !== undefined && dueMs <= atMs) return;
    clearTimeout(timer);
    dueMs = atMs;
    timer = setTimeout(() => {
      timer = undefined;
      sending = report();
    }, inMs);
  }

  async function report(): Promise<void> {
    const loads = Object.entries(catalog.readLoads());
    const busy = loads.filter(([, { waiting, inFlight }]) => waiting > 0 || inFlight > 0);
    const names = new Set(busy.map(([key]) => key));
    // Those that have come to rest are named once more, so that their zero is heard.
    const load = Object.fromEntries(loads.filter(([key]) => names.has(key) || told.has(key)));
    told = names;
    try {
      await send(load);
    } catch (error) {
      onError(error);
    }
    schedule(Object.keys(load).length > 0 ? busyMs : idleMs);
  }

  catalog.onWait(() => schedule(leastMs));
  schedule(0);
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await sending;
    },
  };
}
