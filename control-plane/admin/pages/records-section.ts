// The last records: when, what kind, which model, how it ended, how many values were replaced. A record holds no text, and neither
// does this table. Imports html.

import type { LoggedRecord } from '../records/records.ts';
import { type Html, html } from './html.ts';
import type { Words } from './language.ts';
import { RECORD_PATH } from './record-page.ts';
import { timeOf } from './time-of.ts';

export function recordsSection(records: readonly LoggedRecord[] | undefined, words: Words): Html {
  const heading = html`<h2 id="records">${words.records}</h2>`;
  if (records === undefined) return html`${heading}<p class="notice attention">${words.unavailable}</p>`;
  if (records.length === 0) return html`${heading}<p>${words.noRecords}</p>`;
  return html`${heading}
<p class="lead">${words.recordsLead}</p>
<div class="panel"><table aria-labelledby="records">
<thead><tr><th scope="col">${words.time}</th><th scope="col">${words.kind}</th><th scope="col">${words.action}</th><th scope="col">${words.model}</th><th scope="col">${words.result}</th><th scope="col">${words.replaced}</th><th scope="col">${words.receipt}</th></tr></thead>
<tbody>${records.map((record) => rowOf(record, words))}</tbody>
</table></div>`;
}

function rowOf(record: LoggedRecord, words: Words): Html {
  const { receipt, kind, time } = record;
  return html`<tr><td data-label="${words.time}" class="whole">${timeOf(new Date(time))}</td>
<td data-label="${words.kind}">${words.kinds[kind] ?? kind}</td>
<td data-label="${words.action}">${textOf(record['action'])}</td>
<td data-label="${words.model}">${textOf(childOf(record['model'], 'name'))}</td>
<td data-label="${words.result}">${textOf(childOf(record['outcome'], 'code'))}</td>
<td data-label="${words.replaced}" class="wide">${countsOf(record, words)}</td>
<td data-label="${words.receipt}" class="whole"><a class="mono" href="${RECORD_PATH}/${receipt}">${receipt}</a></td></tr>`;
}

/** `PERSON 2, FR_NIR 1` of a request; a dash where nothing was looked at. */
function countsOf(record: LoggedRecord, words: Words): string {
  const counts = record['redactions'];
  if (typeof counts !== 'object' || counts === null) return '–';
  const parts = Object.entries(counts).flatMap(([type, count]) =>
    Number(count) > 0 ? [`${type} ${String(count)}`] : [],
  );
  return parts.length === 0 ? words.none : parts.join(', ');
}

function childOf(parent: unknown, key: string): unknown {
  return typeof parent === 'object' && parent !== null ? (parent as Record<string, unknown>)[key] : undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '–';
}
