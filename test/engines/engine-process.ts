// Runs an engine as the local runtime does (process group of its own, lifeline on fd 3) and talks to it over HTTP.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine, LaunchInput } from '../../operator/engines/engine.ts';
import { llamaWorkerEngine } from '../../operator/engines/llama-worker-engine.ts';

export interface RunOptions
  extends Partial<Pick<LaunchInput, 'contextTokens' | 'slots' | 'threads' | 'port' | 'embeddingOnly' | 'adapters'>> {
  readonly engine?: Engine;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: wire bodies are looked at freely in tests
  readonly json: any; // oxlint-disable-line typescript/no-explicit-any
}

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
}

export class RunningEngine {
  readonly port: number;
  readonly bearer: string;
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  stderr = '';

  constructor(process: ChildProcess, port: number, bearer: string) {
    this.process = process;
    this.port = port;
    this.bearer = bearer;
    process.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString();
    });
    this.ended = once(process, 'exit').then(([code, signal]) => {
      this.closeLifeline();
      return { code: code as number | null, signal: signal as string | null };
    });
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  get rssBytes(): number {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes ?? 0) * 1024;
  }

  closeLifeline(): void {
    (this.process.stdio[3] as Duplex | null)?.destroy();
  }

  /** Waits until the model is loaded; fails with what the engine wrote when it ends before. */
  async ready(): Promise<this> {
    for (;;) {
      if (this.process.exitCode !== null) throw new Error(`the engine ended: ${this.stderr}`);
      const status = await this.get('/health').then(
        (answer) => answer.status,
        () => 0,
      );
      if (status === 200) return this;
      await sleep(20);
    }
  }

  get(path: string): Promise<Answer> {
    return collect(this.#open('GET', path));
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return collect(this.#open('POST', path, body, headers));
  }

  chat(body: Record<string, unknown>): Promise<Answer> {
    return this.post('/v1/chat/completions', body);
  }

  /** The parsed events of a streamed answer, without `[DONE]`, which must be there. */
  async stream(path: string, body: Record<string, unknown>): Promise<Answer['json'][]> {
    const { text, status } = await this.post(path, { ...body, stream: true });
    if (status !== 200) throw new Error(text);
    const events = text.split('\n\n').filter((event) => event !== '');
    if (events.pop() !== 'data: [DONE]') throw new Error('the stream did not end with [DONE]');
    return events.map((event) => JSON.parse(event.replace(/^data: /, '')));
  }

  /** A request whose answer is read by the caller, who may leave. */
  begin(path: string, body: unknown): Promise<{ response: IncomingMessage; leave: () => void }> {
    const request = this.#open('POST', path, body);
    return new Promise((resolve, reject) => {
      request.once('error', reject);
      request.once('response', (response) => {
        response.on('error', () => undefined);
        resolve({ response, leave: () => request.destroy() });
      });
    });
  }

  /** A request that is left before it is answered. */
  abandonable(path: string, body: unknown): { leave: () => void } {
    const request = this.#open('POST', path, body);
    request.on('error', () => undefined);
    return { leave: () => request.destroy() };
  }

  async stop(): Promise<Ended> {
    if (this.process.exitCode === null && this.process.signalCode === null) process.kill(-this.pid, 'SIGKILL');
    return this.ended;
  }

  #open(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const request = httpRequest({
      host: '127.0.0.1',
      port: this.port,
      method,
      path,
      agent: false,
      headers: { authorization: `Bearer ${this.bearer}`, 'content-type': 'application/json', ...headers },
    });
    request.end(text);
    return request;
  }
}

function collect(request: ReturnType<typeof httpRequest>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request.once('error', reject);
    request.once('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.once('error', reject);
      response.once('end', () => {
        const text = Buffer.concat(parts).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: parse(text) });
      });
    });
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Starts an engine without waiting for it. */
export async function spawnEngine(weights: string, options: RunOptions = {}): Promise<RunningEngine> {
  const { engine = llamaWorkerEngine, port = await freePort(), ...rest } = options;
  const bearer = randomBytes(16).toString('hex');
  const launch = engine.launch({ weights, host: '127.0.0.1', port, bearer, ...rest });
  const child = spawn(launch.command, launch.args, {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], ...launch.env },
  });
  return new RunningEngine(child, port, bearer);
}

export async function startEngine(weights: string, options: RunOptions = {}): Promise<RunningEngine> {
  return (await spawnEngine(weights, options)).ready();
}
