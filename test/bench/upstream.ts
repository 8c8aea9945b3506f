// The upstream of the gateway benchmarks, in a process of its own: the wire format of an engine and none of its work.
// A whole answer repeats the last message, so that whoever redacts has surrogates to restore. A stream is a number of
// tokens with a pause between them, each with the moment at which it was written.

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serveAsPart } from './part.ts';

interface AskedBody {
  readonly messages: readonly { readonly content: string }[];
  readonly stream?: boolean;
  /** Tokens of a stream. */
  readonly max_tokens?: number;
  /** Milliseconds between two of them. */
  readonly seed?: number;
}

const ENVELOPE = { id: 'chatcmpl-bench', created: 1_700_000_000, model: 'bench' };

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as AskedBody;
    if (body.stream === true) void answerInTokens(response, body.max_tokens ?? 16, body.seed ?? 0);
    else answerWhole(response, body.messages.at(-1)?.content ?? '');
  });
});

function answerWhole(response: ServerResponse, content: string): void {
  const choices = [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }];
  const usage = { prompt_tokens: 200, completion_tokens: 90, total_tokens: 290 };
  const bytes = Buffer.from(JSON.stringify({ ...ENVELOPE, object: 'chat.completion', choices, usage }));
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length });
  response.end(bytes);
}

async function answerInTokens(response: ServerResponse, tokens: number, pauseMs: number): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (let token = 0; token < tokens && !response.destroyed; token += 1) {
    if (token > 0) await pause(pauseMs);
    // The clock of the machine, the same in every process; seconds and letters, so that it looks like nobody's number.
    const content = `${momentNow()} `;
    const choices = [{ index: 0, delta: { content }, finish_reason: null }];
    response.write(`data: ${JSON.stringify({ ...ENVELOPE, object: 'chat.completion.chunk', choices })}\n\n`);
  }
  const choices = [{ index: 0, delta: {}, finish_reason: 'stop' }];
  response.end(
    `data: ${JSON.stringify({ ...ENVELOPE, object: 'chat.completion.chunk', choices })}\n\ndata: [DONE]\n\n`,
  );
}

/** Microseconds of the monotonic clock, in letters: `@a` to `@j` for the digits. */
function momentNow(): string {
  const digits = String(process.hrtime.bigint() / 1000n);
  return `@${digits.replaceAll(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)))}`;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    if (ms === 0) setImmediate(resolve);
    else setTimeout(resolve, ms);
  });
}

server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', () => {
  serveAsPart({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }, () =>
    server.closeAllConnections(),
  );
});
