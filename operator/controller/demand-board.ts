// What gateways last said they hold of each Model, added up. A gateway that has not reported for a while is taken to be
// gone, and its requests with it; while none reports, nothing is known. Fed by whoever hears the gateways. Pure but for
// the clock that it is given. Imports types of operator/planning.
import type { Demand } from '../planning/scale.ts';

/** What one gateway holds, by key of the Model; those that it holds nothing of may be left out. */
export type GatewayLoad = Readonly<Record<string, Demand>>;

export interface DemandBoard {
  /** All gateways together; undefined while none has reported lately. */
  of(key: string): Demand | undefined;
  report(gateway: string, load: GatewayLoad): void;
  /** The gateway stops: its requests are over. */
  forget(gateway: string): void;
  /** Calls back with each Model that a report spoke of. Returns the function that ends it. */
  changes(onChange: (key: string) => void): () => void;
}

/** Three reports may be missed. */
const GONE_MS = 15_000;
const NONE: Demand = { waiting: 0, inFlight: 0, oldestMs: 0 };

export function createDemandBoard(nowMs: () => number): DemandBoard {
  const gateways = new Map<string, { atMs: number; load: GatewayLoad }>();
  const listeners = new Set<(key: string) => void>();

  function tell(load: GatewayLoad): void {
    for (const key of Object.keys(load)) for (const listener of listeners) listener(key);
  }

  return {
    of(key) {
      for (const [gateway, { atMs }] of gateways) if (nowMs() - atMs > GONE_MS) gateways.delete(gateway);
      if (gateways.size === 0) return undefined;
      return [...gateways.values()].map(({ load }) => load[key] ?? NONE).reduce(add, NONE);
    },
    report(gateway, load) {
      gateways.set(gateway, { atMs: nowMs(), load });
      tell(load);
    },
    forget(gateway) {
      const known = gateways.get(gateway);
      gateways.delete(gateway);
      if (known !== undefined) tell(known.load);
    },
    changes(onChange) {
      listeners.add(onChange);
      return () => listeners.delete(onChange);
    },
  };
}

function add(one: Demand, other: Demand): Demand {
  return {
    waiting: one.waiting + other.waiting,
    inFlight: one.inFlight + other.inFlight,
    oldestMs: Math.max(one.oldestMs, other.oldestMs),
  };
}
