// The audit log as the rest of the product sees it: append a record and get its receipt once it is committed, or leave
// it to be written later. Wires the staging, the sequencer, the watch between them, and the signs of life.
// May import errors.ts, database/, secrets/ and its own room.

import type { DatabaseAddress } from '../database/connection.ts';
import type { Database } from '../database/database.ts';
import { fail } from '../errors.ts';
import type { Mac, RotatingSecrets, Secrets } from '../secrets/secrets.ts';
import { type BundleFile, exportBundle } from './bundle.ts';
import { RecordFinder } from './find-record.ts';
import { IntegrationWatch } from './integration-watch.ts';
import { type LogFormat, newReceipt, openLogFormat } from './log-format.ts';
import { LogReader, type Queryable } from './log-reader.ts';
import { OutcomeQueue } from './outcome-queue.ts';
import type { RecordDraft } from './record-draft.ts';
import { Reverification, type ReverifyStatus } from './reverify.ts';
import { LogSearch } from './search/log-search.ts';
import { SearchIndex } from './search/search-index.ts';
import { Sequencer } from './sequencer.ts';
import { connectSequencer } from './sequencer-session.ts';
import { Staging } from './staging.ts';
import { connectStaging } from './staging-table.ts';
import { Witnessing, type WitnessPlace, type WitnessStatus } from './witnessing.ts';

export type { RecordDraft } from './record-draft.ts';

/** What the gateway and the admin rooms call. */
export interface AuditLog {
  /**
   * The receipt, once the record is committed.
   * @throws AppError `audit_unavailable` (503) within `deadlineMs` (2,000 when not given); it never hangs.
   */
  append(draft: RecordDraft, options?: { readonly deadlineMs?: number }): Promise<string>;
  /** For what gates nothing: queued, tried again, written when the database can; `stop()` waits for it. */
  appendLater(draft: RecordDraft): void;
  /** Keyed digest of a text, `hmac-sha256:<base64url>`: comparable by whoever holds the key, by nobody else. */
  digest(text: string | Uint8Array): string;
  newReceipt(): string;
}

/** Of a text, under every key that the log was ever written with: what an older record speaks of is found too. */
export interface DigestFinder {
  digests(text: string | Uint8Array): readonly string[];
}

export interface AuditLogDependencies {
  readonly address: DatabaseAddress;
  /** Runtime role; for reading. */
  readonly db: Queryable;
  readonly digestKey: Mac;
  readonly format: LogFormat;
  /** Names this process among those that write records; starts of one name are told apart by their epochs. */
  readonly producer: string;
  /** False where another process integrates. One is enough; more than one take turns. */
  readonly sequences?: boolean;
  readonly log?: (message: string) => void;
  readonly now?: () => Date;
  readonly clocks?: Partial<AuditClocks>;
  /** Where checkpoints are cosigned, every minute, by the process that integrates. */
  readonly witness?: WitnessPlace;
  /** True once, after a restore whose keys are lost: the log goes on under another key than before. */
  readonly acceptsNewKey?: boolean;
  /** Whether this process reads the whole log over and over, and tells what does not hold. */
  readonly reverifies?: boolean;
}

export interface AuditClocks {
  /** How long `append` waits for its commit. */
  readonly deadlineMs: number;
  /** A sign of life of each producer at least this often. */
  readonly heartbeatMs: number;
  /** Beyond this no record is accepted until the log has caught up. */
  readonly lagLimitMs: number;
  /** How long `stop()` waits for what is queued. */
  readonly drainMs: number;
  /** Between two questions to the witness. */
  readonly witnessMs: number;
  /** Between two turns through the log, and between two looks at its newest records. */
  readonly reverifyMs: number;
}

/** How long a stopping leader waits until its last records have entered the log; what is left enters at the next start. */
const LAST_INTEGRATION_MS = 6_000;
const CLOCKS: AuditClocks = {
  deadlineMs: 2_000,
  heartbeatMs: 45_000,
  lagLimitMs: 60_000,
  drainMs: 5_000,
  witnessMs: 55_000,
  reverifyMs: 5_000,
};

export interface AuditLogStatus {
  /** Why no record is accepted, or undefined. */
  readonly closed: string | undefined;
  readonly lagMs: number;
  readonly waiting: number;
  readonly lostOutcomes: number;
  readonly isSequencer: boolean;
  readonly problem: string | undefined;
  /** Records that were removed before they could enter the log, found since the start of this process. */
  readonly gaps: number;
  /** Of the witness that this process is told to ask. */
  readonly witness: WitnessStatus | undefined;
}

export class DatabaseAuditLog implements AuditLog, DigestFinder {
  readonly records: RecordFinder;
  readonly search: LogSearch;
  /** The blocks behind `search`, made by the process that integrates. */
  readonly searchIndex: SearchIndex;
  readonly #deps: AuditLogDependencies;
  readonly #clocks: AuditClocks;
  readonly #staging: Staging;
  readonly #outcomes: OutcomeQueue;
  readonly #watch: IntegrationWatch;
  readonly #sequencer: Sequencer | undefined;
  readonly #witnessing: Witnessing | undefined;
  readonly #reverification: Reverification | undefined;
  readonly #findingListeners = new Set<() => void>();
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(deps: AuditLogDependencies) {
    this.#deps = deps;
    this.#clocks = { ...CLOCKS, ...deps.clocks };
    const { address, format, producer } = deps;
    const log = deps.log === undefined ? {} : { log: deps.log };
    this.records = new RecordFinder(deps.db, format);
    this.search = new LogSearch(deps.db);
    this.searchIndex = new SearchIndex({
      connect: () => connectSequencer(address),
      isLeader: () => this.#sequencer?.status.isLeader ?? false,
      ...log,
    });
    this.#staging = new Staging({
      producer,
      connect: () => connectStaging(address),
      encode: (record, counter) => format.encodeRecord(record, counter),
      onAbandoned: (record) => this.#closeAbandoned(record),
      onRejected: (error) => deps.log?.(`a record was refused by its format: ${(error as Error).message}`),
      ...log,
    });
    this.#outcomes = new OutcomeQueue({ append: (record) => this.#staging.append(record), ...log });
    this.#watch = new IntegrationWatch({
      mark: () => this.#staging.mark(),
      integrated: (epoch) => countIntegrated(deps.db, producer, epoch),
      limitMs: this.#clocks.lagLimitMs,
      intervalMs: Math.min(2_000, this.#clocks.lagLimitMs / 4),
    });
    this.#sequencer =
      deps.sequences === false
        ? undefined
        : new Sequencer({
            connect: () => connectSequencer(address),
            signCheckpoint: (size, root) => format.signCheckpoint(size, root),
            ...log,
          });
    this.#reverification =
      deps.reverifies === true
        ? new Reverification({
            ...{ db: deps.db, format, everyMs: this.#clocks.reverifyMs, ...log },
            onFinding: () => {
              for (const listener of this.#findingListeners) listener();
            },
          })
        : undefined;
    this.#witnessing =
      deps.witness === undefined
        ? undefined
        : new Witnessing({
            place: deps.witness,
            connect: () => connectSequencer(address),
            isLeader: () => this.#sequencer?.status.isLeader ?? false,
            everyMs: this.#clocks.witnessMs,
            ...log,
          });
  }

  /** Throws when no record can be written: a process that cannot record does not start. */
  async start(): Promise<void> {
    await this.#requireOwnLog();
    await this.#staging.start();
    this.#sequencer?.start();
    this.#witnessing?.start();
    if (this.#sequencer !== undefined) this.searchIndex.start();
    this.#watch.start();
    this.#reverification?.start();
    await this.append(this.#own('lifecycle', 'start'), { deadlineMs: 10_000 });
    this.#heartbeat = setInterval(
      () => this.appendLater(this.#own('heartbeat', 'alive')),
      this.#clocks.heartbeatMs,
    ).unref();
  }

  /** Writes what waits, with the record of the end as its last, and integrates it. */
  async stop(): Promise<void> {
    clearInterval(this.#heartbeat);
    this.appendLater(this.#own('lifecycle', 'stop'));
    const unwritten = await this.#staging.stop(this.#clocks.drainMs);
    if (unwritten > 0) this.#deps.log?.(`${unwritten} records could not be written to the audit log before the end`);
    else if (this.#sequencer?.status.isLeader) await this.#untilIntegrated(LAST_INTEGRATION_MS);
    this.#watch.stop();
    await this.#reverification?.stop();
    await this.searchIndex.stop();
    await this.#witnessing?.stop();
    await this.#sequencer?.stop();
  }

  async append(draft: RecordDraft, options: { readonly deadlineMs?: number } = {}): Promise<string> {
    const closed = this.status().closed;
    if (closed !== undefined) {
      throw fail('audit_unavailable', { detail: closed, remedy: 'Look at the log of the sequencer.', retryAfterS: 10 });
    }
    const record = this.#complete(draft);
    await this.#staging.append(record, options.deadlineMs ?? this.#clocks.deadlineMs);
    return record.receipt;
  }

  appendLater(draft: RecordDraft): void {
    this.#outcomes.push(this.#complete(draft));
  }

  /** Of a process that reads the log over; undefined for others. */
  reverification(): ReverifyStatus | undefined {
    return this.#reverification?.status;
  }

  /** Calls back when something that does not hold is found, or is no longer there. */
  onFinding(listener: () => void): void {
    this.#findingListeners.add(listener);
  }

  digest(text: string | Uint8Array): string {
    return digestText(this.#deps.digestKey.compute(text));
  }

  digests(text: string | Uint8Array): readonly string[] {
    return this.#deps.digestKey.computeAll(text).map(digestText);
  }

  newReceipt(): string {
    return newReceipt();
  }

  /** The evidence bundle, file by file; waits until every acknowledged record is integrated. */
  files(signal: AbortSignal): AsyncIterable<BundleFile> {
    const witnessing = this.#witnessing;
    const cosign = witnessing === undefined ? {} : { cosign: () => witnessing.ask() };
    return exportBundle(this.#deps.db, this.#deps.format, { signal, ...cosign });
  }

  status(): AuditLogStatus {
    const { waiting, lost } = this.#outcomes.status;
    const sequencer = this.#sequencer?.status;
    return {
      closed: this.#watch.isOver
        ? `Records have not been put in order for ${Math.round(this.#watch.lagMs / 1_000)} s: the audit log is closed until they are.`
        : undefined,
      lagMs: Math.round(this.#watch.lagMs),
      waiting,
      lostOutcomes: lost,
      isSequencer: sequencer?.isLeader ?? false,
      problem: sequencer?.problem,
      gaps: sequencer?.gaps ?? 0,
      witness: this.#witnessing?.status,
    };
  }

  /** Keys of another installation would sign what nobody could verify, and digest what nobody could match. */
  async #requireOwnLog(): Promise<void> {
    const checkpoint = await new LogReader(this.#deps.db).latestCheckpoint();
    const origin = checkpoint?.note.split('\n', 1)[0];
    if (origin === undefined || origin === this.#deps.format.origin || this.#deps.acceptsNewKey === true) return;
    throw fail('secret_unavailable', {
      param: 'INTRAMUROS_DATA',
      detail: `The log in the database is signed with another key than the one in the data folder (${origin}).`,
      remedy: 'Set INTRAMUROS_DATA to the data folder that belongs to this database, or restore its keys.',
    });
  }

  #complete(draft: RecordDraft): RecordDraft & { receipt: string; time: string } {
    const now = this.#deps.now?.() ?? new Date();
    // Digests are made in the same turn as their record is given to us: the key that is current now made them.
    const hasDigests = draft['request'] !== undefined || draft['response'] !== undefined;
    const digestKey = hasDigests ? { digestKey: this.#deps.digestKey.id } : {};
    return { ...draft, ...digestKey, receipt: draft.receipt ?? newReceipt(), time: draft.time ?? now.toISOString() };
  }

  #own(kind: 'lifecycle' | 'heartbeat', action: string): RecordDraft {
    return { kind, tenant: '-', actor: { kind: 'system', id: this.#deps.producer }, action };
  }

  /** Its caller was told 503, but the intent is in the log: the outcome says that nothing was done. */
  #closeAbandoned({ kind, receipt, tenant, actor, action }: RecordDraft & { receipt: string }): void {
    if (kind !== 'intent' && kind !== 'change') return;
    const outcome = { ok: false, code: 'audit_unavailable' };
    this.appendLater({ kind: 'outcome', tenant, actor, action, intent: receipt, outcome });
  }

  async #untilIntegrated(patienceMs: number): Promise<void> {
    const deadline = performance.now() + patienceMs;
    const { epoch, count } = this.#staging.mark();
    while (performance.now() < deadline) {
      const integrated = await countIntegrated(this.#deps.db, this.#deps.producer, epoch).catch(() => 0);
      if (integrated >= count) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

export interface OpenAuditLogOptions
  extends Pick<
    AuditLogDependencies,
    'producer' | 'sequences' | 'log' | 'now' | 'clocks' | 'acceptsNewKey' | 'witness' | 'reverifies'
  > {
  readonly database: Pick<Database, 'address' | 'pool'>;
  /** Where they are rotated, the log follows. */
  readonly secrets: Secrets & Partial<Pick<RotatingSecrets, 'heldSigner'>>;
}

/** With the keys of `secrets`; call `start()` on it. */
export async function openAuditLog({ database, secrets, ...rest }: OpenAuditLogOptions): Promise<DatabaseAuditLog> {
  const [digestKey, signer] = await Promise.all([secrets.mac('digest'), secrets.signer()]);
  const { address, pool } = database;
  const now = () => secrets.heldSigner?.() ?? signer;
  return new DatabaseAuditLog({ ...rest, address, db: pool, digestKey, format: openLogFormat(now) });
}

function digestText(digest: Uint8Array): string {
  return `hmac-sha256:${Buffer.from(digest).toString('base64url')}`;
}

async function countIntegrated(db: Queryable, producer: string, epoch: number): Promise<number> {
  const { rows } = await db.query<{ next: string }>(
    `SELECT first_n + length AS next FROM audit_segment
      WHERE producer = $1 AND epoch = $2 ORDER BY first_n DESC LIMIT 1`,
    [producer, epoch],
  );
  return Number(rows[0]?.next ?? 0);
}
