// The log over HTTP. Every one of these is itself a record of kind `read`. Imports the files beside it and http/.

import * as z from 'zod';
import type { AdminAudit } from '../admin-audit.ts';
import { defineRoute, type Route } from '../http/route.ts';
import { type FoundRecord, findRecord, matchText, type RecordReader } from './records.ts';

const receipt = z
  .string()
  .regex(/^imr_[0-9A-Za-z]{26}$/, 'must be imr_ and 26 characters')
  .meta({ description: 'As in the response header x-intramuros-receipt.' });
const receiptPath = z.object({ receipt });

const MATCH_MAX_BYTES = 16_777_216;

const loggedRecord = z.looseObject({ receipt: z.string(), kind: z.string(), time: z.string() });
const placeProof = z
  .object({ index: z.int(), text: z.string().meta({ description: 'C2SP tlog-proof, verifiable offline.' }) })
  .nullable()
  .meta({ description: 'null until the record is integrated, about a second.' });
const foundRecord = z.object({
  record: loggedRecord,
  outcome: loggedRecord.nullable(),
  proof: placeProof,
  entry: z.base64().meta({ description: 'The exact bytes of the record, as they are hashed into the log.' }),
  outcomeEntry: z.base64().nullable(),
  outcomeProof: placeProof,
  keys: z.object({ first: z.string(), handovers: z.array(z.string()) }).meta({
    description: 'The first verifier key of the log, and the notes by which each key handed over to the next.',
  }),
});
export type PresentedFoundRecord = z.output<typeof foundRecord>;

export interface RecordRouteDependencies {
  readonly records: RecordReader;
  readonly audit: AdminAudit;
}

export function recordRoutes({ records, audit }: RecordRouteDependencies): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/api/v1/records/{receipt}',
      summary: 'One record, its outcome, and the proof that it stands in the log',
      action: 'log.read',
      params: receiptPath,
      answer: { description: 'The record.', schema: foundRecord },
      record: { kind: 'read', facts: ({ params }) => ({ object: { kind: 'Record', name: params.receipt } }) },
      handle: async ({ params }) => {
        return { json: presentFound(await findRecord(records, params.receipt)) };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/api/v1/records/{receipt}/match',
      summary: 'Whether a text is one that the record speaks of',
      action: 'log.match',
      params: receiptPath,
      body: z.strictObject({ text: z.string().min(1) }),
      maxBodyBytes: MATCH_MAX_BYTES,
      answer: {
        description: 'Whether the keyed digest of the text stands in the record, and where. The text is kept nowhere.',
        schema: z.object({ match: z.boolean(), at: z.string().optional() }),
      },
      record: { kind: 'read', facts: ({ params }) => ({ object: { kind: 'Record', name: params.receipt } }) },
      handle: async ({ params, body }) => ({
        json: matchText(await findRecord(records, params.receipt), body.text, audit),
      }),
    }),
  ];
}

function presentFound({ record, outcome, proof, entry, outcomeEntry, outcomeProof, keys }: FoundRecord) {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  return {
    record,
    outcome: outcome ?? null,
    proof: proof ?? null,
    entry: base64(entry),
    outcomeEntry: outcomeEntry === undefined ? null : base64(outcomeEntry),
    outcomeProof: outcomeProof ?? null,
    keys,
  };
}
