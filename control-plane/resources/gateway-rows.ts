// The gateways that run, each with the policies that it answers under: a row a process, written by itself. One that
// stops takes its row away; one that dies is not seen any more and leaves the count within seconds. Times are the
// database's, so that no clock of another machine decides. May import operator/api, control-plane/database.

import type { Pool } from 'pg';

/** Of one policy as a gateway holds it: generation 0 is the built-in one. */
export interface HeldPolicy {
  readonly generation: number;
  /** Hash of its rules alone, as `effectivePolicy` makes it. */
  readonly hash: string;
}

export interface GatewayReport {
  readonly name: string;
  readonly startedAt: Date;
  readonly seenAt: Date;
  readonly policies: Readonly<Record<string, HeldPolicy>>;
}

export interface GatewayRows {
  /** Says what the gateway holds from now on. */
  report(name: string, policies: Readonly<Record<string, HeldPolicy>>): Promise<void>;
  /** A sign of life; false where the row is gone, and must be reported anew. */
  beat(name: string): Promise<boolean>;
  leave(name: string): Promise<void>;
  /** Those that were seen within `withinMs`, oldest first. */
  live(withinMs: number): Promise<readonly GatewayReport[]>;
}

/** Told with the name of a gateway that reported something new, or left. */
export const GATEWAY_CHANNEL = 'intramuros_gateway';
/** Rows of gateways that died are removed after this. */
const FORGOTTEN = '1 hour';

export function gatewayRows({ pool }: { readonly pool: Pool }): GatewayRows {
  const tell = (name: string) => pool.query('SELECT pg_notify($1, $2)', [GATEWAY_CHANNEL, name]);
  return {
    async report(name, policies) {
      await pool.query(REPORT, [name, JSON.stringify(policies)]);
      await tell(name);
    },
    async beat(name) {
      const { rowCount } = await pool.query('UPDATE gateway SET seen_at = now() WHERE name = $1', [name]);
      return rowCount === 1;
    },
    async leave(name) {
      await pool.query(`DELETE FROM gateway WHERE name = $1 OR seen_at < now() - interval '${FORGOTTEN}'`, [name]);
      await tell(name);
    },
    async live(withinMs) {
      type Raw = { name: string; started_at: Date; seen_at: Date; policies: GatewayReport['policies'] };
      const { rows } = await pool.query<Raw>(LIVE, [withinMs / 1000]);
      return rows.map(({ name, started_at, seen_at, policies }) => ({
        ...{ name, startedAt: started_at, seenAt: seen_at, policies },
      }));
    },
  };
}

const REPORT = `
  INSERT INTO gateway (name, policies) VALUES ($1, $2)
  ON CONFLICT (name) DO UPDATE SET policies = excluded.policies, seen_at = now()`;
const LIVE = `
  SELECT name, started_at, seen_at, policies FROM gateway
  WHERE seen_at > now() - make_interval(secs => $1) ORDER BY started_at, name`;
