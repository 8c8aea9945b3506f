// The product as a process, for tests that use it as its users do: over HTTP and by its commands.

import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { REPOSITORY } from '../house/sources.ts';

export const LAUNCH = join(REPOSITORY, 'control-plane/launch.js');
const run = promisify(execFile);

export interface RunningProduct {
  readonly child: ChildProcess;
  readonly gateway: string;
  readonly admin: string;
  /** What it wrote to stdout before it was ready. */
  readonly printed: string;
  /** What it has written to stderr so far. */
  readonly logged: () => string;
}

/** A data folder and the product on it; `remove()` ends what still runs and deletes the folder. */
export class ProductFolder {
  readonly path: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly #running = new Set<ChildProcess>();

  constructor(extra: Readonly<Record<string, string>> = {}) {
    this.path = mkdtempSync(join(tmpdir(), 'intramuros-product-'));
    this.environment = {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '',
      INTRAMUROS_DATA: this.path,
      INTRAMUROS_PORT: '0',
      INTRAMUROS_GATEWAY_PORT: '0',
      ...extra,
    };
  }

  /** How the product is started on this folder, for tests that start it themselves. */
  launch(nodeOptions: readonly string[] = []) {
    return { command: process.execPath, args: [...nodeOptions, LAUNCH, 'serve'], environment: this.environment };
  }

  async start(): Promise<RunningProduct> {
    const { command, args, environment } = this.launch();
    const child = spawn(command, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#running.add(child);
    let printed = '';
    let logged = '';
    child.stderr.on('data', (chunk: Buffer) => {
      logged += chunk.toString();
    });
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      printed += chunk.toString();
      const ready = /^ready (\S+) (\S+)$/m.exec(printed);
      if (ready === null) continue;
      return { child, admin: ready[1] ?? '', gateway: ready[2] ?? '', printed, logged: () => logged };
    }
    throw new Error(`it ended before it was ready: ${logged.slice(-2000)}`);
  }

  /** As Ctrl-C does. */
  async stop({ child }: RunningProduct): Promise<{ code: number | null; tookMs: number }> {
    const beganAtMs = performance.now();
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.kill('SIGINT');
    const code = await ended;
    this.#running.delete(child);
    return { code, tookMs: performance.now() - beganAtMs };
  }

  /** Output of a command; rejects with `code`, `stdout` and `stderr` when it fails. */
  async intramuros(...words: string[]): Promise<string> {
    const { stdout } = await run(process.execPath, [LAUNCH, ...words], { env: this.environment });
    return stdout.trim();
  }

  /** Processes that name the folder. */
  leftOver(): string[] {
    const lines = execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' }).split('\n');
    return lines.filter((line) => line.includes(this.path));
  }

  remove(): void {
    for (const child of this.#running) child.kill('SIGKILL');
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A chat completion as curl would ask for it. */
export function ask(gateway: string, key: string, body: object): Promise<Response> {
  return fetch(`${gateway}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}
