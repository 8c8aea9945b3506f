// Tampering as a superuser of the database, with and without the signing key: 500 random attacks on one log, each exported
// by the product afterwards and verified offline. What is detected, with which aid, and whether the first bad record is
// named. An oracle with code of its own is asked beside.
//
//   npm run chaos -- tamper [--count 500] [--seed N] [--json FILE]

import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { openAuditLog } from '../../control-plane/audit/audit-log.ts';
import { memoryFiles } from '../../control-plane/audit/verify/bundle-files.ts';
import { verifyBundle } from '../../control-plane/audit/verify/verify-bundle.ts';
import type { VerifyReport } from '../../control-plane/audit/verify/verify-report.ts';
import { openDatabase } from '../../control-plane/database/database.ts';
import { checkBundle } from '../audit/oracle.ts';
import { type ResultRow, ranOn, tell } from './ran-on.ts';
import { type Random, seeded } from './random.ts';
import { ATTACKS, type Attack, STOLEN_KEY } from './tamper/attacks.ts';
import { exported, type Files, fill, type LogUnderAttack, makeLogUnderAttack } from './tamper/log-under-attack.ts';

export interface TamperOptions {
  /** Attacks without the signing key. */
  readonly count: number;
  readonly seed: number;
  readonly told?: (line: string) => void;
}

interface Tally {
  tried: number;
  byKey: number;
  bySince: number;
  byOracle: number;
  nameable: number;
  named: number;
  readonly codes: Set<string>;
}

/** What happened, as rows; a row that is not ok is a broken promise. */
export async function tamper({ count, seed, told = () => {} }: TamperOptions): Promise<ResultRow[]> {
  const random = seeded(seed);
  const log = await makeLogUnderAttack();
  try {
    const rows: ResultRow[] = [
      { what: 'log', result: `${log.leaves.length} records, ${log.checkpoints.length} checkpoints` },
      await untouched(log),
    ];
    for (const attack of [...ATTACKS, ...STOLEN_KEY]) {
      const tally = await repeat(log, attack, { times: Math.max(1, Math.round((attack.share * count) / 500)), random });
      rows.push(rowOf(attack, tally));
      told(`${attack.name}: ${tally.tried}`);
    }
    rows.push(...(await olderDump(log)));
    return rows;
  } finally {
    await log.stop();
  }
}

/** The log before anything was done to it is accepted, or no refusal would mean anything. */
async function untouched(log: LogUnderAttack): Promise<ResultRow> {
  const files = await exported(log.client, log.format);
  const [alone, since] = await verdicts(log, files);
  const size = checkBundle(files, log.format.verifierKey).size;
  const ok = alone.ok && since.ok && size === log.leaves.length;
  return { what: 'untouched', result: ok ? 'verified, with and without --since' : 'refused', ok };
}

async function verdicts(log: LogUnderAttack, files: Files): Promise<[VerifyReport, VerifyReport]> {
  const { verifierKey } = log.format;
  const alone = await verifyBundle(memoryFiles(files), { verifierKey });
  return [alone, await verifyBundle(memoryFiles(files), { verifierKey, since: log.kept })];
}

async function repeat(
  log: LogUnderAttack,
  attack: Attack,
  { times, random }: { times: number; random: Random },
): Promise<Tally> {
  const tally: Tally = { tried: 0, byKey: 0, bySince: 0, byOracle: 0, nameable: 0, named: 0, codes: new Set() };
  for (let time = 0; time < times; time++) {
    await log.client.query('BEGIN');
    try {
      const { files, named } = await attack.attempt(log, random);
      const [alone, since] = await verdicts(log, files);
      tally.tried += 1;
      if (!alone.ok) tally.byKey += 1;
      if (!since.ok) tally.bySince += 1;
      if (refusedByOracle(log, files)) tally.byOracle += 1;
      for (const { code } of (attack.aid === 'key' ? alone : since).findings) tally.codes.add(code);
      if (named !== undefined) tally.nameable += 1;
      if (named?.includes(alone.firstBadRecord?.index ?? -1) === true) tally.named += 1;
    } finally {
      await log.client.query('ROLLBACK');
    }
  }
  return tally;
}

function refusedByOracle({ format }: LogUnderAttack, files: Files): boolean {
  try {
    checkBundle(files, format.verifierKey);
    return false;
  } catch {
    return true;
  }
}

function rowOf({ name, aid }: Attack, tally: Tally): ResultRow {
  const { tried, byKey, bySince, byOracle, nameable, named, codes } = tally;
  const naming = nameable === 0 ? '' : `, first bad record named ${named}/${nameable}`;
  const result = `key alone ${byKey}/${tried}, --since ${bySince}/${tried}, oracle ${byOracle}/${tried}${naming} (${[...codes].toSorted().join(' ')})`;
  // Where a checkpoint is needed the key alone must see nothing: else the table of attackers would be wrong.
  const asSaid = aid === 'key' ? byKey === tried : byKey === 0;
  return { what: name, result, ok: asSaid && bySince === tried && named === nameable };
}

/** A copy from the middle of the log's life is put in its place: as it was, and after it has gone on. */
async function olderDump(log: LogUnderAttack): Promise<ResultRow[]> {
  const url = new URL(log.database.server.url);
  url.pathname = `/${log.earlier}`;
  const restored = async (what: string): Promise<ResultRow> => {
    const client = new Client({ connectionString: url.href });
    await client.connect();
    try {
      const [alone, since] = await verdicts(log, await exported(client, log.format));
      const codes = since.findings.map(({ code }) => code).join(' ');
      const result = `${alone.size} records; key alone: ${alone.ok ? 'accepted' : 'refused'}, --since: ${codes}`;
      return { what, result, ok: alone.ok && !since.ok };
    } finally {
      await client.end();
    }
  };
  const asItWas = await restored('an older dump restored');
  const database = await openDatabase(url.href, { loginRoles: true });
  try {
    const audit = await openAuditLog({ database, secrets: log.secrets, producer: 'gateway-a' });
    await audit.start();
    await fill(audit, log.leaves.length); // past the checkpoint that was kept
    await audit.stop();
    return [asItWas, await restored('an older dump restored, and gone on')];
  } finally {
    await database.stop();
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '500' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      json: { type: 'string' },
    },
  });
  const seed = Number(values.seed);
  const about = [...ranOn(), { what: 'seed', result: String(seed) }];
  const rows = await tamper({ count: Number(values.count), seed, told: (line) => console.log(line) });
  tell('Tampering as superuser of the database', [...about, ...rows], values.json);
}
