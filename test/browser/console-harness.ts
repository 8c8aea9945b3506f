// The built console in a real Chromium, on the real admin listener with doubles behind its ports. Everything that a
// browser can complain of is collected: console messages, exceptions, violations of the content security policy,
// requests that leave the origin or are answered 4xx, and what axe finds against WCAG 2.2 A and AA.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import type { AdminDependencies } from '../../control-plane/admin/app.ts';
import { buildConsole } from '../../control-plane/admin/console/build-console.ts';
import { readConsoleFiles } from '../../control-plane/admin/console/serve-console.ts';
import { PACKAGE_FOLDER } from '../../control-plane/config.ts';
import { type RunningAdmin, runAdmin } from '../admin/admin-harness.ts';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = CANDIDATES.find((path) => existsSync(path));
/** Why the browser tests cannot run here; false where they can. */
export const noBrowser = executablePath === undefined && 'not here: Chromium';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Screenshots are kept for people to look at. */
const PICTURES = join(PACKAGE_FOLDER, '.cache', 'screenshots');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

export interface View {
  readonly language: 'en' | 'fr';
  readonly theme: 'light' | 'dark';
  readonly width: 360 | 1440;
}

/** Each language, theme and width at least once with each other. */
/** Each value of each in two; every pair of values in four. */
const ALL_VIEWS: readonly View[] = [
  { language: 'en', theme: 'light', width: 1440 },
  { language: 'fr', theme: 'dark', width: 360 },
  { language: 'fr', theme: 'light', width: 1440 },
  { language: 'en', theme: 'dark', width: 360 },
];
export const VIEWS = process.env['INTRAMUROS_TEST_LONG'] === '1' ? ALL_VIEWS : ALL_VIEWS.slice(0, 2);

export interface OpenConsole {
  readonly page: Page;
  readonly admin: RunningAdmin;
  /** What the browser complained of so far. */
  readonly complaints: string[];
}

export class ConsoleRunner {
  #browser: Browser | undefined;
  readonly #contexts: BrowserContext[] = [];
  readonly #admins: RunningAdmin[] = [];

  async start(): Promise<void> {
    mkdirSync(PICTURES, { recursive: true });
    this.#browser = await chromium.launch({
      ...(executablePath === undefined ? {} : { executablePath }),
      args: ['--no-sandbox', '--disable-dev-shm-usage'],
    });
  }

  async stop(): Promise<void> {
    for (const context of this.#contexts.splice(0)) await context.close();
    for (const admin of this.#admins.splice(0)) await admin.stop();
    await this.#browser?.close();
  }

  async serve(changes: Partial<AdminDependencies> = {}): Promise<RunningAdmin> {
    const files = await readConsoleFiles(await buildConsole());
    const admin = await runAdmin({ console: files, ...changes });
    this.#admins.push(admin);
    return admin;
  }

  /** A browser of its own, signed in, at the overview. */
  async open(admin: RunningAdmin, view: View = VIEWS[0] as View): Promise<OpenConsole> {
    const opened = await this.openStranger(admin, view);
    await signIn(opened.page, admin);
    return opened;
  }

  /** A browser of its own at the sign-in page. */
  async openStranger(admin: RunningAdmin, { language, theme, width }: View = VIEWS[0] as View): Promise<OpenConsole> {
    if (this.#browser === undefined) throw new Error('the runner is not started');
    const context = await this.#browser.newContext({
      locale: language === 'fr' ? 'fr-FR' : 'en-GB',
      colorScheme: theme,
      viewport: { width, height: width === 360 ? 740 : 900 },
      reducedMotion: 'reduce',
      timezoneId: 'Europe/Paris',
    });
    this.#contexts.push(context);
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: admin.address });
    const page = await context.newPage();
    const complaints = await listen(page, admin.address);
    await page.goto(`${admin.address}/sign-in`);
    return { page, admin, complaints };
  }
}

async function signIn(page: Page, { address, password }: RunningAdmin): Promise<void> {
  await page.fill('input[autocomplete=username]', 'admin');
  await page.fill('input[type=password]', password);
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => url.origin === address && !url.pathname.startsWith('/sign-in'));
}

async function listen(page: Page, origin: string): Promise<string[]> {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(`console: ${message.text()}`);
  });
  page.on('pageerror', ({ message }) => complaints.push(`exception: ${message}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(origin)) complaints.push(`left the origin: ${request.url()}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
  });
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      console.error(`policy: ${violatedDirective} ${blockedURI}`);
    });
  });
  return complaints;
}

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly help: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
  }[];
}

/** What axe finds on the page as it stands, one line each. */
export async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate<AxeResult>(
    `axe.run(document, { runOnly: { type: 'tag', values: ${JSON.stringify(RULES)} } })`,
  );
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(
      ({ html, failureSummary = '' }) => `${id}: ${help}: ${html.slice(0, 160)} ${failureSummary.slice(0, 200)}`,
    ),
  );
}

export async function keepPicture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
}

/** Nothing to complain of, nothing found by axe, no sideways scroll. */
export async function assertSound({ page, complaints }: OpenConsole, what: string): Promise<void> {
  assert.deepEqual(complaints, [], what);
  assert.deepEqual(await violationsOf(page), [], what);
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.equal(sideways, false, `${what}: scrolls sideways`);
}
