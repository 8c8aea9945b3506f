// Stylesheet and icon. They know nobody and need no database. Imports the files beside it and http/.

import type { Express, Request, Response } from 'express';
import { contextOf } from '../http/request-context.ts';
import { ICON, ICON_PATH } from './icon.ts';
import { STYLE, STYLE_PATH } from './style.ts';

const FOR_EVER = 'public, max-age=31536000, immutable';
const FOR_A_DAY = 'public, max-age=86400';

export function mountAssets(app: Express): void {
  app.get(STYLE_PATH, serve({ route: '/assets', type: 'text/css; charset=utf-8', text: STYLE, cache: FOR_EVER }));
  const icon = serve({ route: '/favicon', type: 'image/svg+xml', text: ICON, cache: FOR_A_DAY });
  // Browsers ask for the second name by themselves when a JSON answer is opened in a tab.
  app.get([ICON_PATH, '/favicon.ico'], icon);
}

function serve({ route, type, text, cache }: { route: string; type: string; text: string; cache: string }) {
  return (_request: Request, response: Response) => {
    contextOf(response).route = route;
    response.setHeader('content-type', type).setHeader('cache-control', cache).end(text);
  };
}
