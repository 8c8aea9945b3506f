// Keys that live as long as the process: for tests and trials. May import its own room.

import { completeKeyring, KeyringSecrets } from './keyring.ts';
import type { Secrets } from './secrets.ts';

export function memorySecrets(): Secrets {
  return new KeyringSecrets(completeKeyring());
}
