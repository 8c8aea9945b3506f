// The floor: node:http and undici, JSON parsed and written again both ways, and nothing else. What any gateway in Node
// that looks inside must cost. `node bare-proxy.ts UPSTREAM`.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';
import { serveAsPart } from './part.ts';

const pool = new Pool(process.argv[2] ?? '', { connections: 256, pipelining: 1 });

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    pass(request, response, Buffer.concat(chunks)).catch(() => {
      if (!response.headersSent) response.writeHead(502);
      response.end();
    });
  });
});

async function pass(request: IncomingMessage, response: ServerResponse, bytes: Buffer): Promise<void> {
  const body = JSON.parse(bytes.toString('utf8')) as { stream?: boolean };
  const answer = await pool.request({
    path: request.url ?? '/',
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: request.headers.authorization ?? '' },
    body: JSON.stringify(body),
  });
  if (body.stream === true) {
    response.writeHead(answer.statusCode, { 'content-type': 'text/event-stream' });
    for await (const chunk of answer.body) response.write(chunk);
    response.end();
    return;
  }
  const out = Buffer.from(JSON.stringify(await answer.body.json()));
  response.writeHead(answer.statusCode, { 'content-type': 'application/json', 'content-length': out.length });
  response.end(out);
}

server.listen(0, '127.0.0.1', () => {
  serveAsPart({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }, () =>
    server.closeAllConnections(),
  );
});
