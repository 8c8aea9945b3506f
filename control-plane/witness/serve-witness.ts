// The listener of the witness: `POST /add-checkpoint`, its key to read, and whether it lives. Nobody signs in: what a
// log has not signed is refused. Imports tls and its own room.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { addressOf, createListener } from '../tls/listener.ts';
import type { TlsFiles } from '../tls/tls-files.ts';
import { Witness, type WitnessParts } from './witness.ts';

const MAX_BODY_BYTES = 64 * 1024;

export interface WitnessOptions extends WitnessParts {
  readonly host: string;
  readonly port: number;
  readonly tls?: TlsFiles;
  readonly log?: (message: string) => void;
}

export interface RunningWitness {
  readonly address: string;
  stop(): Promise<void>;
}

export async function serveWitness(options: WitnessOptions): Promise<RunningWitness> {
  const witness = new Witness(options);
  const limits = { headersTimeout: 10_000, requestTimeout: 20_000, maxHeaderSize: 8192 };
  const server = createListener(limits, options.tls, (request, response) => {
    answer(request, response, { witness, key: options.cosigner.verifierKey }).catch((error: unknown) => {
      options.log?.(
        `a checkpoint could not be cosigned (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'})`,
      );
      if (!response.headersSent) send(response, 503, 'the witness cannot keep what it cosigns\n');
    });
  });
  server.maxConnections = 256;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port, options.host, resolve);
  });
  return {
    address: addressOf(server, options.host, options.tls),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), 2_000).unref();
      }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { witness, key }: { readonly witness: Witness; readonly key: string },
): Promise<void> {
  if (request.method === 'GET' && request.url === '/livez') return send(response, 200, 'alive\n');
  if (request.method === 'GET' && request.url === '/witness-key.pub') return send(response, 200, `${key}\n`);
  if (request.url !== '/add-checkpoint') return send(response, 404, 'POST /add-checkpoint\n');
  if (request.method !== 'POST') {
    response.setHeader('allow', 'POST');
    return send(response, 405, 'POST a checkpoint\n');
  }
  const body = await readBody(request);
  if (body === undefined) {
    response.setHeader('connection', 'close');
    return send(response, 400, 'the body is larger than a checkpoint with its proof, or not UTF-8\n');
  }
  const told = await witness.addCheckpoint(body);
  send(response, told.status, told.body, told.contentType);
}

function send(response: ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch {
    return undefined;
  }
}
