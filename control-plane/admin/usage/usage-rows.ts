// Use by minute in PostgreSQL: gateways add sums, the usage view reads sums of sums. May import database/.

import type { Database } from '../../database/database.ts';
import type { UsageDelta } from '../../gateway/usage-meter.ts';
import type { UsageQuestion, UsageRow, UsageSource } from './routes.ts';

/** Longer than the longest view. */
const KEPT = '400 days';

export interface UsageRows extends UsageSource {
  /** Adds what was counted to the minute of now. */
  add(deltas: readonly UsageDelta[]): Promise<void>;
  removeOld(): Promise<void>;
}

export function usageRows({ pool }: Pick<Database, 'pool'>): UsageRows {
  return {
    async add(deltas) {
      if (deltas.length === 0) return;
      const column = (pick: (delta: UsageDelta) => string | number) => deltas.map(pick);
      await pool.query(ADD, [
        column(({ model }) => model),
        column(({ tenant }) => tenant),
        column(({ requests }) => requests),
        column(({ errors }) => errors),
        column(({ promptTokens }) => promptTokens),
        column(({ completionTokens }) => completionTokens),
        column(({ durationMs }) => durationMs),
        column(({ queueMs }) => queueMs),
        column(({ firstTokenMs }) => firstTokenMs),
        column(({ firstTokens }) => firstTokens),
      ]);
    },
    async removeOld() {
      await pool.query(`DELETE FROM usage_minute WHERE minute < now() - interval '${KEPT}'`);
    },
    async read({ from, to, stepS, model, tenant }: UsageQuestion) {
      const { rows } = await pool.query<Record<keyof UsageRow, string> & { at: Date }>(READ, [
        ...[from, to, stepS, model ?? null, tenant ?? null],
      ]);
      return rows.map(({ at, model: name, tenant: whose, ...sums }) => ({
        at: at.toISOString(),
        model: name,
        tenant: whose,
        requests: Number(sums.requests),
        errors: Number(sums.errors),
        promptTokens: Number(sums.promptTokens),
        completionTokens: Number(sums.completionTokens),
        durationMs: Number(sums.durationMs),
        queueMs: Number(sums.queueMs),
        firstTokenMs: Number(sums.firstTokenMs),
        firstTokens: Number(sums.firstTokens),
      }));
    },
  };
}

const ADD = `
  INSERT INTO usage_minute AS u (minute, model, tenant, requests, errors, prompt_tokens, completion_tokens,
                                 duration_ms, queue_ms, first_token_ms, first_tokens)
  SELECT date_trunc('minute', now()), * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[],
                                                    $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[])
  ON CONFLICT (minute, model, tenant) DO UPDATE SET
    requests = u.requests + excluded.requests,
    errors = u.errors + excluded.errors,
    prompt_tokens = u.prompt_tokens + excluded.prompt_tokens,
    completion_tokens = u.completion_tokens + excluded.completion_tokens,
    duration_ms = u.duration_ms + excluded.duration_ms,
    queue_ms = u.queue_ms + excluded.queue_ms,
    first_token_ms = u.first_token_ms + excluded.first_token_ms,
    first_tokens = u.first_tokens + excluded.first_tokens`;

const READ = `
  SELECT date_bin(make_interval(secs => $3), minute, $1::timestamptz) AS at, model, tenant,
         sum(requests) AS requests, sum(errors) AS errors,
         sum(prompt_tokens) AS "promptTokens", sum(completion_tokens) AS "completionTokens",
         sum(duration_ms) AS "durationMs", sum(queue_ms) AS "queueMs",
         sum(first_token_ms) AS "firstTokenMs", sum(first_tokens) AS "firstTokens"
    FROM usage_minute
   WHERE minute >= $1 AND minute < $2 AND ($4::text IS NULL OR model = $4) AND ($5::text IS NULL OR tenant = $5)
   GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`;
