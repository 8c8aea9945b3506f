// A real Chromium spoken to over its DevTools protocol: enough to load a page, type, and hear everything that the
// browser complains about. Without a Chromium on the machine its tests are skipped aloud.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { request, WebSocket } from 'undici';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
export const CHROMIUM = CANDIDATES.find((path) => existsSync(path));

const FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--remote-debugging-port=0',
];

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
}

export interface Event {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

export class Chromium {
  readonly events: Event[] = [];
  readonly #waiting = new Map<number, (result: Readonly<Record<string, unknown>>) => void>();
  #process: ChildProcess | undefined;
  #socket: WebSocket | undefined;
  #folder = '';
  #last = 0;

  async start(): Promise<void> {
    if (CHROMIUM === undefined) throw new Error('there is no Chromium');
    this.#folder = await mkdtemp(join(tmpdir(), 'intramuros-chromium-'));
    this.#process = spawn(CHROMIUM, [...FLAGS, `--user-data-dir=${this.#folder}`, 'about:blank'], { stdio: 'ignore' });
    const socket = new WebSocket(await this.#pageAddress());
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#take(JSON.parse(String(data)) as Message));
    await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
    for (const domain of ['Page', 'Network', 'Log', 'Runtime', 'Audits']) await this.send(`${domain}.enable`);
  }

  async stop(): Promise<void> {
    this.#socket?.close();
    const ended = new Promise((resolve) => this.#process?.once('exit', resolve));
    this.#process?.kill();
    await ended;
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async send(
    method: string,
    params: Readonly<Record<string, unknown>> = {},
  ): Promise<Readonly<Record<string, unknown>>> {
    this.#last += 1;
    const id = this.#last;
    const answered = new Promise<Readonly<Record<string, unknown>>>((resolve) => this.#waiting.set(id, resolve));
    this.#socket?.send(JSON.stringify({ id, method, params }));
    return answered;
  }

  /** Does what leads to another page and waits until that page is loaded. */
  async load(action: () => Promise<unknown>): Promise<void> {
    const loads = () => this.events.filter(({ method }) => method === 'Page.loadEventFired').length;
    const before = loads();
    await action();
    for (const deadline = Date.now() + 15_000; loads() === before; ) {
      if (Date.now() > deadline) throw new Error('no page was loaded within 15 s');
      await delay(30);
    }
  }

  async press(key: string, text?: string): Promise<void> {
    const stroke = { key, code: key, windowsVirtualKeyCode: key === 'Tab' ? 9 : 13 };
    await this.send('Input.dispatchKeyEvent', { ...stroke, type: 'keyDown', ...(text === undefined ? {} : { text }) });
    await this.send('Input.dispatchKeyEvent', { ...stroke, type: 'keyUp' });
  }

  async type(text: string): Promise<void> {
    await this.send('Input.insertText', { text });
  }

  async evaluate(expression: string): Promise<unknown> {
    const { result } = await this.send('Runtime.evaluate', { expression });
    return (result as { value?: unknown } | undefined)?.value;
  }

  #take({ id, method, params = {}, result = {} }: Message): void {
    if (method !== undefined) this.events.push({ method, params });
    if (id === undefined) return;
    this.#waiting.get(id)?.(result);
    this.#waiting.delete(id);
  }

  async #pageAddress(): Promise<string> {
    for (let attempt = 0; attempt < 200; attempt += 1) {
      await delay(100);
      const port = (await readFile(join(this.#folder, 'DevToolsActivePort'), 'utf8').catch(() => '')).split('\n')[0];
      if (port === undefined || port === '') continue;
      const { body } = await request(`http://127.0.0.1:${port}/json`);
      const pages = (await body.json()) as { type: string; webSocketDebuggerUrl: string }[];
      const page = pages.find(({ type }) => type === 'page');
      if (page !== undefined) return page.webSocketDebuggerUrl;
    }
    throw new Error('Chromium did not come up within 20 s');
  }
}
