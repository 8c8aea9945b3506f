// The log as people ask for it: one record with its outcome and proof, and whether a text is the one
// that a record speaks of. Texts are compared by keyed digest and kept nowhere. Imports errors and the audit port.

import { fail } from '../../errors.ts';
import type { AdminAudit } from '../admin-audit.ts';

/** A record as it stands in the log; `audit/format/record.ts` has the whole shape. */
export interface LoggedRecord {
  readonly receipt: string;
  readonly kind: string;
  readonly time: string;
  readonly [fact: string]: unknown;
}

export interface FoundRecord {
  readonly record: LoggedRecord;
  /** Of an intent, once there is one. */
  readonly outcome: LoggedRecord | undefined;
  readonly proof: PlaceProof | undefined;
  /** The exact bytes that are the leaf of the record in the log. */
  readonly entry: Uint8Array;
  readonly outcomeEntry: Uint8Array | undefined;
  readonly outcomeProof: PlaceProof | undefined;
  /** The first verifier key of the log, and how each key handed over to the next. */
  readonly keys: { readonly first: string; readonly handovers: readonly string[] };
}

/** Place in the log and C2SP tlog-proof; absent for the second until the sequencer has integrated it. */
export interface PlaceProof {
  readonly index: number;
  readonly text: string;
}

/** What the audit room reads for us. */
export interface RecordReader {
  find(receipt: string): Promise<FoundRecord | undefined>;
}

export interface RecordMatch {
  readonly match: boolean;
  /** Where in the record the digest stands: `request.texts[0]`. */
  readonly at?: string;
}

export async function findRecord(reader: RecordReader, receipt: string): Promise<FoundRecord> {
  const found = await reader.find(receipt);
  if (found !== undefined) return found;
  throw fail('not_found', {
    param: 'receipt',
    detail: 'No record has this receipt.',
    remedy: 'Copy it whole from the response header x-intramuros-receipt.',
  });
}

/** Compares as given, and without the one line break that editors add at the end of a file. */
export function matchText(
  { record, outcome }: Pick<FoundRecord, 'record' | 'outcome'>,
  text: string,
  audit: Pick<AdminAudit, 'digest' | 'digests'>,
): RecordMatch {
  const candidates = text.endsWith('\n') ? [text, text.replace(/\r?\n$/, '')] : [text];
  const digests = new Set(candidates.flatMap((candidate) => audit.digests?.(candidate) ?? [audit.digest(candidate)]));
  const places = [...digestsOf(record), ...(outcome === undefined ? [] : digestsOf(outcome))];
  const hit = places.find(({ digest }) => digests.has(digest));
  return hit === undefined ? { match: false } : { match: true, at: hit.at };
}

function digestsOf(record: LoggedRecord): { at: string; digest: string }[] {
  return ['request', 'response'].flatMap((part) => {
    const facts = record[part];
    if (typeof facts !== 'object' || facts === null) return [];
    const { digest, texts } = facts as { digest?: unknown; texts?: unknown };
    const list: unknown[] = Array.isArray(texts) ? texts : [];
    return [
      ...list.map((value, index) => ({ at: `${part}.texts[${index}]`, digest: value })),
      { at: `${part}.digest`, digest },
    ].filter((place): place is { at: string; digest: string } => typeof place.digest === 'string');
  });
}
