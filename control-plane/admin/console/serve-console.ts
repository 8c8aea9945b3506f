// Serves the console: its files to anyone, the page that holds them to whoever is signed in. The files are read once,
// at the start; their names are digests of their content, so that browsers may keep them for ever. The page itself is
// the same at every address of the console; which screen it shows is the browser's business.
// Imports errors, http/ and identity/.

import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress } from 'node:zlib';
import type { Express, Request, Response } from 'express';
import { contextOf } from '../http/request-context.ts';
import { principalOf } from '../identity/identity.ts';
import { authorise } from '../identity/roles.ts';

const FOR_EVER = 'public, max-age=31536000, immutable';
const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
};
const COMPRESSIBLE = new Set(['.js', '.css', '.svg']);

interface Asset {
  readonly type: string;
  readonly plain: Buffer;
  readonly brotli: Buffer | undefined;
}

export interface ConsoleFiles {
  readonly page: string;
  /** By file name under `/assets/`. */
  readonly assets: ReadonlyMap<string, Asset>;
}

/** `folder`: what `buildConsole` gave. */
export async function readConsoleFiles(folder: string): Promise<ConsoleFiles> {
  const page = await readFile(join(folder, 'index.html'), 'utf8');
  const names = await readdir(join(folder, 'assets'));
  const assets = new Map(await Promise.all(names.map((name) => readAsset(join(folder, 'assets', name), name))));
  return { page, assets };
}

async function readAsset(path: string, name: string): Promise<[string, Asset]> {
  const plain = await readFile(path);
  const extension = extname(name);
  const brotli = COMPRESSIBLE.has(extension) ? await promisify(brotliCompress)(plain) : undefined;
  return [name, { type: TYPES[extension] ?? 'application/octet-stream', plain, brotli }];
}

export function mountConsoleAssets(app: Express, { assets }: ConsoleFiles): void {
  app.get('/assets/:name', (request: Request, response: Response, next) => {
    const asset = assets.get(String(request.params['name']));
    if (asset === undefined) return next();
    contextOf(response).route = '/assets';
    response
      .setHeader('content-type', asset.type)
      .setHeader('cache-control', FOR_EVER)
      .setHeader('vary', 'accept-encoding');
    const { brotli } = asset;
    if (brotli === undefined || !/\bbr\b/.test(request.headers['accept-encoding'] ?? ''))
      return response.end(asset.plain);
    response.setHeader('content-encoding', 'br').end(brotli);
  });
}

/** Every address that is not another route's own and that a browser opens; to be mounted last. */
export function mountConsolePage(app: Express, { page }: ConsoleFiles, signInPath: string): void {
  app.get(/^\/[^.]*$/, (request: Request, response: Response, next) => {
    const { path, originalUrl, headers } = request;
    if (path !== '/' && (path.startsWith('/api/') || !/\btext\/html\b/.test(headers.accept ?? ''))) return next();
    contextOf(response).route = '/console';
    const principal = principalOf(request);
    if (principal === undefined) {
      const then = originalUrl === '/' ? '' : `?next=${encodeURIComponent(originalUrl)}`;
      return response.redirect(303, `${signInPath}${then}`);
    }
    if (principal.mustChangePassword) return response.redirect(303, '/password');
    authorise(principal, 'console.open');
    response.setHeader('content-type', 'text/html; charset=utf-8').end(page);
  });
}
