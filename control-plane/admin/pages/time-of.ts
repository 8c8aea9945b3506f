// A moment as people read it in a log. Imports html.

import { type Html, html } from './html.ts';

/** `2026-11-25 08:02:14 +01:00`: with the offset, since readers and machines sit in different zones. */
export function timeOf(date: Date): Html {
  const offset = -date.getTimezoneOffset();
  const sign = offset < 0 ? '-' : '+';
  const pad = (value: number) => String(Math.floor(Math.abs(value))).padStart(2, '0');
  const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, 19).replace('T', ' ');
  const zone = `${sign}${pad(offset / 60)}:${pad(offset % 60)}`;
  return html`<time class="mono" datetime="${date.toISOString()}">${local} ${zone}</time>`;
}
