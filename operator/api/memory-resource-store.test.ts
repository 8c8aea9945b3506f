import { resourceStoreTable } from '../../test/conformance/resource-store.ts';
import { MemoryResourceStore } from './memory-resource-store.ts';

resourceStoreTable('memory', async () => ({
  store: new MemoryResourceStore({ tombstones: 5 }),
  tombstones: 5,
  async [Symbol.asyncDispose]() {},
}));
