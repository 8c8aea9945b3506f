// The frame of every page: head, skip link, the wall, main. No inline style or script: the policy of the listener
// would not run them. Imports the files beside it.

import type { Response } from 'express';
import { type Html, html } from './html.ts';
import { ICON_PATH } from './icon.ts';
import type { Words } from './language.ts';
import { STYLE_PATH } from './style.ts';

export interface Page {
  readonly title: string;
  readonly words: Words;
  /** Beside the work: name of the product, who is signed in. */
  readonly aside: Html;
  readonly main: Html;
}

export function renderPage({ title, words, aside, main }: Page): string {
  return html`<!doctype html>
<html lang="${words.lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Intramuros</title>
<link rel="icon" type="image/svg+xml" href="${ICON_PATH}">
<link rel="stylesheet" href="${STYLE_PATH}">
</head>
<body>
<a class="skip" href="#main">${words.skip}</a>
<header>${aside}</header>
<main id="main" tabindex="-1">${main}</main>
</body>
</html>
`.text;
}

export function sendPage(response: Response, page: Page, status = 200): void {
  response.status(status).setHeader('vary', 'accept-language, cookie');
  response.setHeader('content-language', page.words.lang);
  response.setHeader('content-type', 'text/html; charset=utf-8').end(renderPage(page));
}
