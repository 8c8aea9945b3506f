// The page after sign-in: what needs someone, the models with their conditions, the last records. Plain HTML made on
// the server. Showing records is reading the log, and is recorded as such. Imports operator/api, errors and the rooms
// beside it.

import type { Express, Request, Response } from 'express';
import type { ResourceStore } from '../../../operator/api/ports.ts';
import { toAppError } from '../../errors.ts';
import type { AdminAudit } from '../admin-audit.ts';
import { contextOf } from '../http/request-context.ts';
import type { ForgeryGuard } from '../identity/forgery.ts';
import { principalOf } from '../identity/identity.ts';
import { authorise, type Principal } from '../identity/roles.ts';
import { openRecord } from '../records/open-record.ts';
import type { LoggedRecord, RecordReader } from '../records/records.ts';
import { html } from './html.ts';
import { wordsFor } from './language.ts';
import { sendPage } from './layout.ts';
import { modelsSection, titleOf } from './models-section.ts';
import { recordsSection } from './records-section.ts';
import { sideBar } from './side-bar.ts';
import { SIGN_IN_PATH } from './sign-in.ts';
import { timeOf } from './time-of.ts';

const READ_RECORDS = 100;
const SHOWN_RECORDS = 20;
/** Each look at this page is a reading: shown, they would soon be all that it shows. */
const LEFT_OUT: ReadonlySet<string> = new Set(['read', 'heartbeat']);

export interface HomeDependencies {
  readonly resources: Pick<ResourceStore, 'list'>;
  readonly records: RecordReader;
  readonly audit: AdminAudit;
  readonly forgery: ForgeryGuard;
}

export function mountHome(app: Express, dependencies: HomeDependencies): void {
  app.get('/', async (request: Request, response: Response) => {
    contextOf(response).route = '/';
    const visitor = principalOf(request);
    if (visitor === undefined) {
      response.redirect(303, SIGN_IN_PATH);
      return;
    }
    const principal = authorise(visitor, 'console.open');
    const words = wordsFor(request);
    const models = (await dependencies.resources.list('Model')).items;
    const records = await readRecords(dependencies, principal, response);
    const aside = sideBar(principal, words, dependencies.forgery.issue(request, response));
    const title = titleOf(models, words);
    const main = html`<div class="head"><h1>${title}</h1><p>${words.asOf} ${timeOf(new Date())} · <a href="/">${words.reload}</a></p></div>
${modelsSection(models, words)}
${recordsSection(records, words)}`;
    sendPage(response, { title, words, aside, main });
  });
}

/** `undefined` when the log cannot be read or the reading cannot be recorded: the models are shown all the same. */
async function readRecords(
  { records, audit }: HomeDependencies,
  principal: Principal,
  response: Response,
): Promise<readonly LoggedRecord[] | undefined> {
  try {
    await openRecord(audit, { kind: 'read', action: 'log.read', principal, facts: {} });
    const { records: last } = await records.last({ limit: READ_RECORDS });
    return withModels(last)
      .filter(({ kind }) => !LEFT_OUT.has(kind))
      .slice(0, SHOWN_RECORDS);
  } catch (error) {
    contextOf(response).log.warn({ code: toAppError(error).code }, 'records not shown');
    return undefined;
  }
}

/** An outcome names no model: it gets that of its intent, where this stands among the same records. */
function withModels(records: readonly LoggedRecord[]): readonly LoggedRecord[] {
  const models = new Map(records.map(({ receipt, model }) => [receipt, model]));
  return records.map((record) => {
    const model = record['model'] ?? models.get(String(record['intent']));
    return model === undefined ? record : { ...record, model };
  });
}
