// A rotation put together: the store makes the next version, the log says so, and every process of the installation
// hears of it. Composition only.

import type { SecretService } from '../admin/secrets/routes.ts';
import type { DatabaseAuditLog } from '../audit/audit-log.ts';
import { endorseKey, openLogFormat } from '../audit/log-format.ts';
import type { Database } from '../database/database.ts';
import { type RotatingSecrets, SECRET_NAMES } from '../secrets/secrets.ts';
import { SECRET_CHANNEL } from './open-secrets.ts';

export interface RotationParts {
  readonly secrets: RotatingSecrets;
  readonly audit: Pick<DatabaseAuditLog, 'append'>;
  readonly database: Pick<Database, 'pool'>;
}

export function createSecretService({ secrets, audit, database }: RotationParts): SecretService {
  return {
    list: () => SECRET_NAMES.map((name) => ({ name, versions: secrets.versions(name) })),
    status: () => secrets.status(),
    async rotate(name) {
      const next = await secrets.rotate(name, endorseKey);
      await database.pool.query(`NOTIFY ${SECRET_CHANNEL}`);
      // The request is on record before it is done; this says what came of it, and for the log's own key which it is.
      const label = name === 'log-signing' ? openLogFormat(secrets.heldSigner()).currentKey() : next.id;
      await audit.append({
        kind: 'lifecycle',
        tenant: '-',
        actor: { kind: 'system', id: 'secrets' },
        action: 'secret.rotated',
        object: { kind: 'Secret', name: label },
      });
      return next;
    },
  };
}
