// What an acknowledged record costs: durable appends a second at several numbers of callers, beside one durable commit
// of the same server and one fdatasync of the same disk. `npm run bench -- audit [--json FILE]`.

import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { openAuditLog } from '../../control-plane/audit/audit-log.ts';
import type { RecordDraft } from '../../control-plane/audit/record-draft.ts';
import { memorySecrets } from '../../control-plane/secrets/memory-secrets.ts';
import { startTemporaryDatabase, type TemporaryDatabase } from '../database/temporary-database.ts';

export interface BenchRow {
  readonly what: string;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const SECONDS = 5;
const CALLERS = [1, 16, 64, 256];

/** Runs `once` from that many callers for a few seconds. */
async function measure(what: string, callers: number, once: () => Promise<unknown>): Promise<BenchRow> {
  const times: number[] = [];
  const started = performance.now();
  const end = started + SECONDS * 1_000;
  const caller = async () => {
    while (performance.now() < end) {
      const from = performance.now();
      await once();
      times.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const elapsedS = (performance.now() - started) / 1_000;
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
  return { what, perSecond: times.length / elapsedS, p50Ms: at(0.5), p99Ms: at(0.99) };
}

function measureDisk(folder: string): Promise<BenchRow> {
  const file = openSync(join(folder, 'disk'), 'w');
  const block = Buffer.alloc(8_192, 1);
  return measure('fdatasync of 8 KB, same disk', 1, async () => {
    writeSync(file, block, 0, block.length, 0);
    fdatasyncSync(file);
  }).finally(() => closeSync(file));
}

async function measureCommit(database: TemporaryDatabase): Promise<BenchRow> {
  const client = await database.pool.connect();
  try {
    let n = 0;
    return await measure('one durable commit of one row, one connection', 1, async () => {
      n += 1;
      await client.query('INSERT INTO web_session (sid, data, expires_at) VALUES ($1, $2, now())', [`s${n}`, '{}']);
    });
  } finally {
    client.release();
  }
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

export async function benchAudit(): Promise<BenchRow[]> {
  const database = await startTemporaryDatabase();
  const log = await openAuditLog({ database, secrets: memorySecrets(), producer: 'bench' });
  const rows: BenchRow[] = [];
  try {
    rows.push(await measureDisk(database.folder), await measureCommit(database));
    await log.start();
    for (const callers of CALLERS) {
      rows.push(await measure(`append, ${callers} callers, sequencer at work`, callers, () => log.append(intent())));
    }
    await log.stop();
  } finally {
    await database.stop();
  }
  return rows;
}

function format(rows: readonly BenchRow[]): string {
  const line = ({ what, perSecond, p50Ms, p99Ms }: BenchRow) =>
    `| ${what} | ${Math.round(perSecond)} | ${p50Ms.toFixed(2)} | ${p99Ms.toFixed(2)} |`;
  const load = loadavg()[0]?.toFixed(1);
  return [
    `${availableParallelism()} cores, load ${load}, ${SECONDS} s each`,
    '| what | a second | p50 ms | p99 ms |',
    '| --- | --- | --- | --- |',
    ...rows.map(line),
    '',
  ].join('\n');
}

if (import.meta.main) {
  const rows = await benchAudit();
  process.stdout.write(format(rows));
  const at = process.argv.indexOf('--json');
  const file = at > 0 ? process.argv[at + 1] : undefined;
  if (file !== undefined) await writeFile(file, `${JSON.stringify({ bench: 'audit', rows }, undefined, 2)}\n`);
}
