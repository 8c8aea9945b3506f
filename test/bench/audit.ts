// What an acknowledged record costs: durable appends a second at several numbers of callers, beside one durable commit
// of the same server and one fdatasync of the same disk. `npm run bench -- audit [--json FILE]`.

import { openAuditLog } from '../../control-plane/audit/audit-log.ts';
import type { RecordDraft } from '../../control-plane/audit/record-draft.ts';
import { memorySecrets } from '../../control-plane/secrets/memory-secrets.ts';
import { startBenchDatabase, timeCommit, timeDisk } from './disk.ts';
import { type BenchOptions, readOptions } from './options.ts';
import { barOf, describeMachine, type Report, tell } from './report.ts';
import { percentile } from './samples.ts';

const CALLERS = [1, 16, 64, 256] as const;
const MEASURED_MS = 5_000;
const SMOKE_MS = 100;

interface Row {
  readonly what: string;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Runs `once` from that many callers for a while. */
async function fromCallers(what: string, callers: number, ms: number, once: () => Promise<unknown>): Promise<Row> {
  const times: number[] = [];
  const startedMs = performance.now();
  const endMs = startedMs + ms;
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (performance.now() < endMs) {
        const fromMs = performance.now();
        await once();
        times.push(performance.now() - fromMs);
      }
    }),
  );
  return rowOf(what, times, performance.now() - startedMs);
}

function rowOf(what: string, times: readonly number[], elapsedMs: number): Row {
  const perSecond = (times.length / elapsedMs) * 1_000;
  return { what, perSecond, p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99) };
}

/** The size and shape of an intent as the gateway writes it. */
function intent(): RecordDraft {
  const digest = `hmac-sha256:${'A'.repeat(43)}`;
  return {
    kind: 'intent',
    tenant: 'default',
    actor: { kind: 'key', id: '0190c5f0-0000-7000-8000-000000000000' },
    action: 'chat.completions',
    attempt: 1,
    dataClass: 'internal',
    model: { name: 'clinical-extraction', generation: 1, digest: `sha256:${'0'.repeat(64)}` },
    policy: { name: 'internal', hash: `sha256:${'0'.repeat(64)}` },
    recognisers: 'fr-2026.1',
    redactions: { PERSON: 2, DATE_OF_BIRTH: 1, FR_NIR: 1 },
    request: { digest, texts: [digest], bytes: 1_024, messages: 1 },
  };
}

export async function benchAudit({ smoke }: Pick<BenchOptions, 'smoke'>): Promise<Report> {
  const machine = describeMachine();
  const ms = smoke ? SMOKE_MS : MEASURED_MS;
  await using database = await startBenchDatabase();
  const log = await openAuditLog({ database, secrets: memorySecrets(), producer: 'bench' });
  const disk = rowOf('fdatasync of 8 KB, same disk', await timeDisk(database.folder, ms), ms);
  const commit = rowOf('one durable commit of one row, one connection', await timeCommit(database, ms), ms);
  await log.start();
  const appends: Row[] = [];
  for (const callers of CALLERS) {
    const what = `append, ${callers} caller${callers === 1 ? '' : 's'}, sequencer at work`;
    appends.push(await fromCallers(what, callers, ms, () => log.append(intent())));
  }
  await log.stop();
  const [one, , many] = appends;
  return {
    bench: 'audit',
    machine,
    notes: [
      `${ms / 1000} s a row; fsync and synchronous_commit are on, as the product requires of every session`,
      'records of the size of an intent; log, sequencer and callers share one process',
    ],
    tables: [
      {
        title: 'Durable records',
        columns: ['', 'a second', 'p50 ms', 'p99 ms'],
        rows: [disk, commit, ...appends].map(({ what, perSecond, p50Ms, p99Ms }) => [what, perSecond, p50Ms, p99Ms]),
        chart: { column: 'a second' },
      },
    ],
    bars: [
      barOf('durable appends at 64 callers', many?.perSecond, { least: 3_000, unit: ' a second' }),
      barOf('one append against one durable commit, p50', (one?.p50Ms ?? Number.NaN) / commit.p50Ms, {
        most: 1.5,
        unit: ' x',
      }),
    ],
  };
}

if (import.meta.main) {
  const options = readOptions();
  tell(await benchAudit(options), options.json);
}
