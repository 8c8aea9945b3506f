// The engine double as a process: speaks the small part of the wire format that the supervisor and a gateway use, and
// misbehaves as a script beside its weights tells it. It generates nothing; tests of real engines use real ones.
// A completion request may ask for `work_ms`: so long the answer takes, a word every 50 ms when it is streamed.
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Socket } from 'node:net';

export interface EngineScript {
  /** Wait before listening. */
  readonly loadMs?: number;
  /** End at once with this code, after writing `says` to stderr. */
  readonly exitCode?: number;
  readonly says?: string;
  /** Answer completions with this status. */
  readonly status?: number;
}

const [, , port = '0', weights = ''] = process.argv;
const bearer = process.env['ENGINE_BEARER'] ?? '';
const script: EngineScript = existsSync(`${weights}.script`)
  ? (JSON.parse(readFileSync(`${weights}.script`, 'utf8')) as EngineScript)
  : {};
let stopping = false;
let working = 0;

// The lifeline: when whoever started us is gone, so are we.
const lifeline = new Socket({ fd: 3, readable: true, writable: false });
lifeline.on('end', () => process.exit(0)).on('error', () => process.exit(0));
lifeline.resume();

if (script.says !== undefined) process.stderr.write(`${script.says}\n`);
if (script.exitCode !== undefined) process.exit(script.exitCode);
await new Promise((resolve) => setTimeout(resolve, script.loadMs ?? 0));

const server = createServer((request, response) => {
  void answer(request, response);
});
server.on('error', (error: NodeJS.ErrnoException) => {
  process.stderr.write(`${error.code ?? 'error'}: cannot listen\n`);
  process.exit(1);
});
server.listen(Number(port), '127.0.0.1');

process.on('SIGTERM', () => {
  stopping = true;
  if (working === 0) process.exit(0);
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  if (request.url === '/health') return end(response, 200, { status: 'ok' });
  if (request.headers.authorization !== `Bearer ${bearer}`)
    return end(response, 401, { error: { message: 'no bearer' } });
  if (request.method === 'GET') return end(response, 200, []);
  if (script.status !== undefined) return end(response, script.status, { error: { message: 'scripted' } });
  const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { work_ms?: number };
  working += 1;
  await work(body.work_ms ?? 0);
  working -= 1;
  end(response, 200, {
    pid: process.pid,
    weights,
    choices: [{ text: 'x', finish_reason: 'length' }],
    usage: { completion_tokens: 1 },
  });
  if (stopping && working === 0) response.on('finish', () => process.exit(0));
}

/** Uses the processor like a generation does: a little between any two tokens, with room for other requests. */
async function work(ms: number): Promise<void> {
  const until = performance.now() + ms;
  while (performance.now() < until) {
    const token = performance.now() + 15;
    while (performance.now() < token);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function end(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
