// Keys that live as long as the process: for tests and trials. May import its own room.

import { completeKeyring, KeyringSecrets } from './keyring.ts';
import type { RotatingSecrets } from './secrets.ts';

export function memorySecrets(): RotatingSecrets {
  return new KeyringSecrets(completeKeyring());
}
