// An engine double that repeats the last message and writes every body that it is sent to a file, so that a test can
// see what an engine sees. Started as a native llama-server is: --model --host --port, and --journal by its wrapper.

import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';

const text = { type: 'string', default: '' } as const;
const { values } = parseArgs({ options: { model: text, host: text, port: text, journal: text } });

createServer((request, response) => {
  if (request.url === '/health') return response.end('{"status":"ok"}');
  let received = '';
  request.setEncoding('utf8').on('data', (chunk: string) => {
    received += chunk;
  });
  return request.on('end', () => {
    // The probe of the supervisor is nobody's request.
    const { messages, stream } = JSON.parse(received) as { messages?: { content: string }[]; stream?: boolean };
    if (messages !== undefined) appendFileSync(values.journal, `${received}\n`);
    const content = messages?.at(-1)?.content ?? 'ok';
    if (stream !== true) {
      const message = { role: 'assistant', content };
      return response.end(
        JSON.stringify({ id: 'c', choices: [{ index: 0, message, text: content, finish_reason: 'stop' }] }),
      );
    }
    response.setHeader('content-type', 'text/event-stream');
    // One character a chunk: the worst that a tokenizer can do.
    for (const piece of content) {
      response.write(`data: ${JSON.stringify({ id: 'c', choices: [{ index: 0, delta: { content: piece } }] })}\n\n`);
    }
    return response.end(
      'data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
    );
  });
}).listen(Number(values.port), values.host);
