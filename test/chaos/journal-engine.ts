// An engine double that writes down the receipt of every request that reaches it, before it answers: what it did at all is
// then known, whatever happens to the gateway meanwhile. Started as a native llama-server is; its wrapper adds --journal.
// Requests of the supervisor's probe carry no receipt and are nobody's.

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
    const receipt = request.headers['x-intramuros-receipt'];
    if (receipt !== undefined) appendFileSync(values.journal, `${String(receipt)}\n`);
    const { messages } = JSON.parse(received) as { messages?: { content: string }[] };
    const content = messages?.at(-1)?.content ?? 'ok';
    const message = { role: 'assistant', content };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ id: 'c', choices: [{ index: 0, message, text: content, finish_reason: 'stop' }] }));
  });
}).listen(Number(values.port), values.host);
