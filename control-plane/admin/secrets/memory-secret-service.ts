// A store of secrets for tests of the listener: versions without keys. Imports the port beside it.

import type { SecretService } from './routes.ts';

export function memorySecretService(): SecretService {
  const versions = [{ id: 'digest-1', version: 1 }];
  return {
    list: () => [{ name: 'digest', versions }],
    status: () => ({ store: 'memory', problem: undefined }),
    rotate: async () => {
      const next = { id: `digest-${versions.length + 1}`, version: versions.length + 1 };
      versions.unshift(next);
      return next;
    },
  };
}
