// A queue that is fair: tenants take turns, within a tenant its keys do, and within a key the first comes first. A crowd
// from one tenant makes itself wait, not the others. Pure.

/** Who asks: the tenant, and which of its keys. */
export interface Lane {
  readonly tenant: string;
  readonly keyId: string;
}

export interface FairQueue<Item> {
  readonly size: number;
  add(lane: Lane, item: Item): void;
  remove(lane: Lane, item: Item): void;
  /** Takes out the item whose turn it is, of those that `fits` says yes to; whoever had a turn goes to the end. */
  take(fits: (item: Item) => boolean): Item | undefined;
  items(): Iterable<Item>;
}

export function createFairQueue<Item>(): FairQueue<Item> {
  // The order of a Map is the order of the turns: who had one is taken out and put in again.
  const tenants = new Map<string, Map<string, Set<Item>>>();
  let size = 0;

  function drop(lane: Lane, item: Item): boolean {
    const keys = tenants.get(lane.tenant);
    const items = keys?.get(lane.keyId);
    if (keys === undefined || items?.delete(item) !== true) return false;
    size -= 1;
    if (items.size === 0) keys.delete(lane.keyId);
    if (keys.size === 0) tenants.delete(lane.tenant);
    return true;
  }

  function hadItsTurn({ tenant, keyId }: Lane): void {
    const keys = tenants.get(tenant);
    if (keys === undefined) return;
    moveToEnd(keys, keyId);
    moveToEnd(tenants, tenant);
  }

  return {
    get size() {
      return size;
    },
    add({ tenant, keyId }, item) {
      const keys = tenants.get(tenant) ?? new Map<string, Set<Item>>();
      const items = keys.get(keyId) ?? new Set<Item>();
      items.add(item);
      keys.set(keyId, items);
      tenants.set(tenant, keys);
      size += 1;
    },
    remove(lane, item) {
      drop(lane, item);
    },
    take(fits) {
      for (const [tenant, keys] of tenants) {
        for (const [keyId, items] of keys) {
          for (const item of items) {
            if (!fits(item)) continue;
            drop({ tenant, keyId }, item);
            hadItsTurn({ tenant, keyId });
            return item;
          }
        }
      }
      return undefined;
    },
    *items() {
      for (const keys of tenants.values()) for (const items of keys.values()) yield* items;
    },
  };
}

function moveToEnd<Value>(map: Map<string, Value>, key: string): void {
  const value = map.get(key);
  if (value === undefined) return;
  map.delete(key);
  map.set(key, value);
}
