// One record as a page: what it says, how it ended, the proof that it stands in the log, and the commands that check
// it without us. Programs take the same as JSON from /api/v1/records. Looking is reading the log, and is recorded.
// Imports errors and the rooms beside it.

import type { Express, Request, Response } from 'express';
import { AppError } from '../../errors.ts';
import type { AdminAudit } from '../admin-audit.ts';
import { contextOf } from '../http/request-context.ts';
import type { ForgeryGuard } from '../identity/forgery.ts';
import { principalOf } from '../identity/identity.ts';
import { authorise } from '../identity/roles.ts';
import { openRecord } from '../records/open-record.ts';
import { type FoundRecord, findRecord, type LoggedRecord, type RecordReader } from '../records/records.ts';
import { type Html, html } from './html.ts';
import { type Words, wordsFor } from './language.ts';
import { sendPage } from './layout.ts';
import { sideBar } from './side-bar.ts';
import { SIGN_IN_PATH } from './sign-in.ts';

export const RECORD_PATH = '/records';
const RECEIPT = /^imr_[0-9A-Za-z]{26}$/;

export interface RecordPageDependencies {
  readonly records: RecordReader;
  readonly audit: AdminAudit;
  readonly forgery: ForgeryGuard;
}

export function mountRecordPage(app: Express, { records, audit, forgery }: RecordPageDependencies): void {
  app.get(`${RECORD_PATH}/:receipt`, async (request: Request, response: Response) => {
    contextOf(response).route = `${RECORD_PATH}/{receipt}`;
    const visitor = principalOf(request);
    if (visitor === undefined) {
      response.redirect(303, SIGN_IN_PATH);
      return;
    }
    const principal = authorise(visitor, 'log.read');
    const words = wordsFor(request);
    const receipt = String(request.params['receipt']);
    const page = { words, aside: sideBar(principal, words, forgery.issue(request, response)) };
    if (!RECEIPT.test(receipt)) return sendPage(response, { ...page, ...unknownRecord(words) }, 404);
    await openRecord(audit, {
      kind: 'read',
      action: 'log.read',
      principal,
      facts: { object: { kind: 'Record', name: receipt } },
    });
    const found = await find(records, receipt);
    if (found === undefined) return sendPage(response, { ...page, ...unknownRecord(words) }, 404);
    const title = `${words.kinds[found.record.kind] ?? found.record.kind} ${receipt}`;
    sendPage(response, { ...page, title, main: mainOf(found, words) });
  });
}

async function find(records: RecordReader, receipt: string): Promise<FoundRecord | undefined> {
  try {
    return await findRecord(records, receipt);
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_found') return undefined;
    throw error;
  }
}

function mainOf({ record, outcome, proof }: FoundRecord, words: Words): Html {
  const { receipt, kind } = record;
  const place = proof === undefined ? words.noProof : words.placeOf(proof.index);
  return html`<div class="head"><h1>${words.record}: ${words.kinds[kind] ?? kind}</h1><p><a href="/">${words.back}</a> · <a href="/api/v1/records/${receipt}">JSON</a></p></div>
<p class="mono">${receipt}</p>
${block(words.record, textOf(record))}
${outcome === undefined ? undefined : block(words.kinds['outcome'] ?? 'outcome', textOf(outcome))}
<h2>${words.proof}</h2>
<p class="lead">${place}</p>
${proof === undefined ? undefined : html`<pre class="panel mono" tabindex="0">${proof.text}</pre>`}
<h2>${words.verify}</h2>
<p class="lead">${words.verifyLead}</p>
<pre class="panel mono" tabindex="0">npx intramuros audit prove ${receipt}
npx intramuros audit export --out evidence
npx intramuros audit verify evidence --key log-key.pub</pre>`;
}

function block(title: string, text: string): Html {
  return html`<h2>${title}</h2>
<pre class="panel mono" tabindex="0">${text}</pre>`;
}

function textOf(record: LoggedRecord): string {
  return JSON.stringify(record, null, 2);
}

function unknownRecord(words: Words): { readonly title: string; readonly main: Html } {
  return {
    title: words.noSuchRecord,
    main: html`<h1>${words.noSuchRecord}</h1><p>${words.noSuchRecordRemedy} <a href="/">${words.back}</a></p>`,
  };
}
