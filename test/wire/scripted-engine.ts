// A double of an engine behind the OpenAI wire format: it answers with exactly the bytes, cuts and pauses that a test
// asks for, and writes down what it was sent and when its client left. For what no real engine does on demand.

import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What goes out, in order: each text or byte array is one write of its own; a number is a pause in milliseconds. */
export type Piece = string | Uint8Array | number;

export interface ScriptedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly pieces: readonly Piece[];
  /** How it ends: properly (default), by cutting the connection, or not at all. */
  readonly ending?: 'end' | 'cut' | 'hang';
}

/** What scripts read of a request; a body may hold more, and what its endpoint does not have is absent. */
export interface SentBody {
  readonly messages: readonly { readonly content: string | readonly { readonly text: string }[] }[];
  readonly prompt: string;
  readonly suffix: string;
  readonly input: string | readonly string[];
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly dimensions?: number;
  readonly encoding_format?: string;
}

export interface EngineCall {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The body as it came. */
  readonly text: string;
  readonly body: SentBody;
  /** Milliseconds since the answer began when the client left before its end. */
  leftAfterMs: number | undefined;
  /** Resolves when the client has left or the answer has ended. */
  readonly over: Promise<void>;
}

export type Script = (call: EngineCall) => ScriptedAnswer;

export interface ScriptedEngine {
  readonly url: string;
  readonly calls: EngineCall[];
  /** How all calls from now on are answered. */
  answer(script: Script): void;
  stop(): Promise<void>;
}

export async function startScriptedEngine(): Promise<ScriptedEngine> {
  const calls: EngineCall[] = [];
  let script: Script = () => ({ status: 500, pieces: ['{"error":{"message":"no script"}}'] });
  const server = createServer((request, response) => {
    void serve(request, response, calls, (call) => script(call));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    answer(next) {
      script = next;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function serve(request: IncomingMessage, response: ServerResponse, calls: EngineCall[], script: Script) {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  } catch {
    return;
  }
  const startedAtMs = performance.now();
  const over = Promise.withResolvers<void>();
  const text = Buffer.concat(chunks).toString('utf8');
  const call: EngineCall = {
    method: request.method ?? '',
    path: request.url ?? '',
    headers: request.headers,
    text,
    body: (text === '' ? {} : JSON.parse(text)) as SentBody,
    leftAfterMs: undefined,
    over: over.promise,
  };
  calls.push(call);
  response.on('close', () => {
    if (!response.writableFinished) call.leftAfterMs = performance.now() - startedAtMs;
    over.resolve();
  });
  await write(response, script(call));
}

async function write(response: ServerResponse, answer: ScriptedAnswer): Promise<void> {
  response.socket?.setNoDelay(true);
  response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers });
  for (const piece of answer.pieces) {
    if (response.destroyed) return;
    if (typeof piece === 'number') await pause(piece);
    // Waiting for each write to leave keeps the cuts as the test made them.
    else await new Promise<void>((resolve) => response.write(piece, () => resolve()));
  }
  if (answer.ending === 'cut') response.destroy();
  else if (answer.ending !== 'hang') response.end();
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
