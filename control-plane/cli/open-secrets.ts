// The store of keys that the configuration names, kept up to date with what other processes rotate: told by the database
// at once, looked at again by the clock. Composition only.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { Database } from '../database/database.ts';
import { fail } from '../errors.ts';
import { openFileSecrets } from '../secrets/file-secrets.ts';
import type { RotatingSecrets } from '../secrets/secrets.ts';
import { openVaultSecrets } from '../secrets/vault-secrets.ts';

export const SECRET_CHANNEL = 'intramuros_secret';
const REFRESH_MS = 30_000;

export interface OpenSecretsOptions {
  readonly config: Pick<Config, 'dataFolder' | 'vault' | 'sealingKeyFile'>;
  /** Whether keys that are not there are made. */
  readonly make: boolean;
  readonly log: (message: string) => void;
  readonly onStop: (name: string, stop: () => unknown) => void;
}

export async function openSecrets({ config, make, log, onStop }: OpenSecretsOptions): Promise<RotatingSecrets> {
  const { vault, dataFolder, sealingKeyFile } = config;
  if (vault === undefined) {
    const keyFile = sealingKeyFile === undefined ? {} : { keyFile: sealingKeyFile };
    return openFileSecrets(join(dataFolder, 'secrets'), { make, ...keyFile });
  }
  const { caFile, ...place } = vault;
  const ca = caFile === undefined ? undefined : await readAuthority(caFile);
  const secrets = await openVaultSecrets({ ...place, ca }, { make, log });
  onStop('vault', () => secrets.stop());
  return secrets;
}

/** Until `signal`: a rotation elsewhere is known here within a moment, and within half a minute where nobody could tell. */
export function followRotations(
  secrets: RotatingSecrets,
  database: Pick<Database, 'listen'>,
  log: (message: string) => void,
  signal: AbortSignal,
): void {
  let problem: string | undefined;
  const look = async () => {
    await secrets.refresh();
    const now = secrets.status().problem;
    if (now !== undefined && now !== problem) log(`the keys could not be looked at again: ${now}`);
    problem = now;
  };
  void database.listen(SECRET_CHANNEL, () => void look(), signal);
  const timer = setInterval(() => void look(), REFRESH_MS).unref();
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}

async function readAuthority(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw fail('invalid_configuration', {
      param: 'INTRAMUROS_VAULT_CA_FILE',
      detail: `${path} cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown reason'}).`,
      remedy: 'Name a PEM file that the user of Intramuros may read.',
    });
  }
}
