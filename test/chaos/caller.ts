// Callers of a gateway as an application is one: several at once, each with one request at a time, going to another
// gateway when theirs does not answer. What was acknowledged is written down and synced before it counts.

import { randomBytes } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';

/** Receipts, each on the disk when `write` resolves; those that come while a sync runs share the next one. */
export class AckJournal {
  readonly #file: FileHandle;
  #waiting: { line: string; done: () => void }[] = [];
  #running: Promise<void> | undefined;
  #count = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async open(path: string): Promise<AckJournal> {
    return new AckJournal(await open(path, 'a', 0o600));
  }

  /** How many are on the disk. */
  get count(): number {
    return this.#count;
  }

  write(receipt: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ line: `${receipt}\n`, done: resolve });
    this.#running ??= this.#flush();
    return promise;
  }

  async close(): Promise<void> {
    await this.#running;
    await this.#file.close();
  }

  async #flush(): Promise<void> {
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0);
      await this.#file.write(batch.map(({ line }) => line).join(''));
      await this.#file.datasync();
      this.#count += batch.length;
      for (const { done } of batch) done();
    }
    this.#running = undefined;
  }
}

export interface Answer {
  /** HTTP status, or 0 when the connection failed. */
  readonly status: number;
  /** Code of an error, `answered`, or `connection`. */
  readonly code: string;
  readonly receipt: string | undefined;
  readonly tookMs: number;
}

/** One chat completion, awaited whole. Never throws. */
export async function call(agent: Agent, gateway: string, key: string, timeoutMs = 90_000): Promise<Answer> {
  const startedAtMs = performance.now();
  const tookMs = () => performance.now() - startedAtMs;
  try {
    const { statusCode, headers, body } = await request(`${gateway}/v1/chat/completions`, {
      method: 'POST',
      dispatcher: agent,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'clinical-extraction',
        messages: [{ role: 'user', content: randomBytes(12).toString('hex') }],
        response_format: { type: 'text' },
      }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await body.text();
    const receipt = headers['x-intramuros-receipt'];
    const code = statusCode === 200 ? 'answered' : codeOf(text);
    return { status: statusCode, code, receipt: typeof receipt === 'string' ? receipt : undefined, tookMs: tookMs() };
  } catch {
    return { status: 0, code: 'connection', receipt: undefined, tookMs: tookMs() };
  }
}

function codeOf(text: string): string {
  try {
    return (JSON.parse(text) as { error: { code: string } }).error.code;
  } catch {
    return 'unreadable';
  }
}

export interface Callers {
  /** How often each status and code came. */
  readonly tally: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

export interface CallersOptions {
  readonly count: number;
  readonly key: string;
  /** Addresses of the gateways as they are now; asked before each call. */
  readonly gateways: () => readonly string[];
  readonly onAnswer: (answer: Answer, startedAt: number) => Promise<void> | void;
  readonly pauseMs?: number;
}

export function startCallers({ count, key, gateways, onAnswer, pauseMs = 0 }: CallersOptions): Callers {
  const tally = new Map<string, number>();
  const over = new AbortController();
  const agent = new Agent({ connections: count, keepAliveTimeout: 5_000, pipelining: 1 });
  const callers = Array.from({ length: count }, async (_, index) => {
    for (let turn = index; !over.signal.aborted; turn++) {
      const addresses = gateways();
      const gateway = addresses[turn % Math.max(1, addresses.length)];
      if (gateway === undefined) {
        await delay(50);
        continue;
      }
      const startedAt = performance.now();
      const answer = await call(agent, gateway, key);
      const name = `${answer.status} ${answer.code}`;
      tally.set(name, (tally.get(name) ?? 0) + 1);
      await onAnswer(answer, startedAt);
      await delay(answer.status === 200 ? pauseMs : 25);
    }
  });
  return {
    tally,
    async stop() {
      over.abort();
      await Promise.all(callers);
      await agent.close();
    },
  };
}
