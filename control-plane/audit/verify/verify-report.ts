// What a verification found, for people and for programs: the findings that make a log bad, the first bad record, and
// what a good log says of itself. May import: format/.

import type { RecordKind } from '../format/record.ts';

export type FindingCode =
  | 'key_differs' // log-key.pub is not the key that was given
  | 'key_chain_bad' // a key did not sign the one after it
  | 'checkpoint_bad'
  | 'manifest_bad'
  | 'since_bad' // the earlier checkpoint is not one of this log
  | 'since_newer' // the bundle ends before the earlier checkpoint: the end was cut off, or it is an older copy
  | 'since_forked' // the log at that size is not the one of the earlier checkpoint
  | 'witness_missing' // no checkpoint in the bundle bears a cosignature of the witness
  | 'witness_bad' // a cosignature or the checkpoint that bears it does not hold
  | 'witness_forked' // the log is not the one that the witness saw
  | 'file_missing'
  | 'file_extra'
  | 'file_changed' // not what the manifest says
  | 'bundle_malformed' // an entry bundle holds too few, too many or cut entries
  | 'tile_changed'
  | 'record_changed'
  | 'root_differs' // entries and tiles agree with one another, not with the signed root
  | 'record_malformed'
  | 'receipt_repeated'
  | 'counter_broken';

export interface Finding {
  readonly code: FindingCode;
  /** One sentence, without values of records. */
  readonly detail: string;
  readonly file?: string;
  /** Place of the record in the log, counted from 0. */
  readonly index?: number;
  /** As it stands in the record, where it can be read. */
  readonly receipt?: string;
}

export interface ProducerReport {
  readonly id: string;
  readonly epochs: number;
  readonly records: number;
}

/** A start of a producer that no record ends. */
export interface OpenProducer {
  readonly id: string;
  readonly epoch: number;
  readonly records: number;
  readonly lastTime: string;
  /** The log goes on for minutes after its last sign of life: it was killed, or its last records were removed. */
  readonly isSilent: boolean;
}

/** Things that a reader should know and that do not make a log bad. */
export interface Notices {
  /** Intents and changes without outcome: in flight at the export, or cut off by the end of a process. */
  readonly withoutOutcome: { readonly count: number; readonly receipts: readonly string[] };
  readonly outcomesWithoutIntent: { readonly count: number; readonly receipts: readonly string[] };
  readonly repeatedOutcomes: number;
  /** Times that the installation was restored from a backup, as the log says. */
  readonly recoveries: { readonly count: number; readonly last: RecoveryNotice | undefined };
  /** Records with facts that this version does not know: a newer product wrote them. */
  readonly unknownFacts: number;
  readonly openProducers: readonly OpenProducer[];
  /** Epochs without any record, between others of their producer or before them. */
  readonly emptyEpochs: number;
}

export interface RecoveryNotice {
  readonly index: number;
  readonly receipt: string;
  readonly takenAt: string;
  /** Records of the log in the backup. */
  readonly size: number;
}

export interface VerifyReport {
  readonly ok: boolean;
  readonly origin: string;
  /** Of the checkpoint; 0 when it could not be read. */
  readonly size: number;
  /** base64 */
  readonly root: string;
  /** Size of the earlier checkpoint that the log was held against. */
  readonly sinceSize: number | undefined;
  /** What the witness cosigned, when one was asked for. */
  readonly witnessed: { readonly name: string; readonly size: number; readonly at: string } | undefined;
  /** The first ones; `findingCount` is how many there were. */
  readonly findings: readonly Finding[];
  readonly findingCount: number;
  readonly firstBadRecord: Finding | undefined;
  readonly kinds: Readonly<Partial<Record<RecordKind, number>>>;
  readonly firstTime: string | undefined;
  readonly lastTime: string | undefined;
  readonly producers: readonly ProducerReport[];
  readonly notices: Notices;
}

const MAX_SHOWN = 10;

/** For a person; ends in a line break. */
export function renderVerifyReport(report: VerifyReport): string {
  return `${(report.ok ? goodLines(report) : badLines(report)).join('\n')}\n`;
}

function badLines({ findings, findingCount, firstBadRecord, origin, size }: VerifyReport): string[] {
  const lines = [`NOT VERIFIED: ${origin}${size > 0 ? `, ${size} records` : ''}`];
  if (firstBadRecord !== undefined)
    lines.push(`first bad record: ${placeOf(firstBadRecord)}: ${firstBadRecord.detail}`);
  for (const finding of findings.slice(0, MAX_SHOWN))
    lines.push(`  ${finding.code}: ${subjectOf(finding)}${finding.detail}`);
  if (findingCount > MAX_SHOWN) lines.push(`  and ${findingCount - MAX_SHOWN} more`);
  return lines;
}

function goodLines(report: VerifyReport): string[] {
  const { origin, size, root, kinds, firstTime, lastTime, producers, notices, sinceSize, witnessed } = report;
  const lines = [`verified: ${origin}, ${size} records, root ${root}`];
  lines.push(
    sinceSize === undefined
      ? 'not held against an earlier checkpoint: whether the end is missing cannot be told without one (--since)'
      : `continues the checkpoint of ${sinceSize} records that you kept`,
  );
  if (witnessed !== undefined) {
    const rest = size - witnessed.size;
    const after = rest === 0 ? '' : `; the last ${rest} came after`;
    lines.push(`witnessed by ${witnessed.name} at ${witnessed.at}: ${witnessed.size} records${after}`);
  }
  if (firstTime !== undefined) lines.push(`from ${firstTime} to ${lastTime}`);
  lines.push(`by kind: ${list(Object.entries(kinds).map(([kind, count]) => `${kind} ${count}`))}`);
  lines.push(
    `producers: ${short(producers.map(({ id, epochs, records }) => `${id} ${records} in ${epochs} epoch(s)`))}`,
  );
  lines.push(...openLines(notices));
  const { withoutOutcome, outcomesWithoutIntent, repeatedOutcomes, recoveries, unknownFacts } = notices;
  lines.push(`without outcome: ${withoutOutcome.count}${some(withoutOutcome.receipts)}`);
  if (outcomesWithoutIntent.count > 0) {
    lines.push(`outcomes without intent: ${outcomesWithoutIntent.count}${some(outcomesWithoutIntent.receipts)}`);
  }
  if (repeatedOutcomes > 0) lines.push(`outcomes of an intent that had one already: ${repeatedOutcomes}`);
  if (recoveries.last !== undefined) {
    const { index, receipt, takenAt, size } = recoveries.last;
    lines.push(
      `recovered: ${recoveries.count} time(s), last at record ${index} (${receipt}) from a backup of ${takenAt} with ${size} records: what came between them is not in this log`,
    );
  }
  if (unknownFacts > 0) lines.push(`records with facts that this version does not know: ${unknownFacts}`);
  return lines;
}

function openLines({ openProducers, emptyEpochs }: Notices): string[] {
  const told = (wanted: boolean) =>
    openProducers
      .filter(({ isSilent }) => isSilent === wanted)
      .map(({ id, epoch, records, lastTime }) => `${id} epoch ${epoch}, ${records} records until ${lastTime}`);
  const [silent, running] = [told(true), told(false)];
  const lines: string[] = [];
  if (silent.length > 0) lines.push(`ended without a closing record (killed, or cut off): ${short(silent)}`);
  if (running.length > 0) lines.push(`open at the end: ${short(running)}`);
  if (emptyEpochs > 0) lines.push(`epochs without any record: ${emptyEpochs}`);
  return lines;
}

function short(items: readonly string[]): string {
  const more = items.length > MAX_SHOWN ? ` and ${items.length - MAX_SHOWN} more` : '';
  return `${list(items.slice(0, MAX_SHOWN))}${more}`;
}

function list(items: readonly string[]): string {
  return items.length === 0 ? 'none' : items.join(', ');
}

function some(receipts: readonly string[]): string {
  return receipts.length === 0 ? '' : ` (first: ${receipts.join(' ')})`;
}

function placeOf({ index, receipt }: Finding): string {
  return receipt === undefined ? `${index}` : `${index} (${receipt})`;
}

function subjectOf({ file, index, receipt }: Finding): string {
  if (index !== undefined) return `record ${receipt === undefined ? index : `${index} (${receipt})`}: `;
  return file === undefined ? '' : `${file}: `;
}
