// Calls to a Vault or OpenBao through node-vault, of which only read, write and request are used: its sign-in, renewal
// and names of paths have defects, and its own transport follows proxies of the environment and waits without end.
// Every call here is over within its deadline, and no error quotes what was sent or answered.
// May import errors.ts and its own room.

import nodeVault from 'node-vault';
import { Agent, request } from 'undici';
import { type AppError, fail } from '../errors.ts';

/** How long any use of Vault may take, sign-in included. */
export const VAULT_DEADLINE_MS = 2_000;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

export interface VaultCall {
  readonly method: 'GET' | 'POST';
  /** After `/v1/`. */
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly token?: string;
  readonly signal: AbortSignal;
}

export interface VaultClient {
  /** The answer's body. @throws VaultRefusal where Vault answered another status; AppError `secret_unavailable` where it did not answer. */
  call(call: VaultCall): Promise<unknown>;
  stop(): Promise<void>;
}

/** Vault said no. Its words stay out: the status is what callers go by. */
export class VaultRefusal extends Error {
  readonly status: number;
  /** A check-and-set that lost: somebody else wrote first. */
  readonly isConflict: boolean;

  constructor(status: number, isConflict: boolean) {
    super(`Vault answered ${status}`);
    this.name = 'VaultRefusal';
    this.status = status;
    this.isConflict = isConflict;
  }
}

export interface VaultAddress {
  readonly address: string;
  readonly namespace: string | undefined;
  /** Of the authority that signed its certificate; the system's own where undefined. */
  readonly ca: string | undefined;
}

export function openVaultClient({ address, namespace, ca }: VaultAddress): VaultClient {
  const agent = new Agent({
    connect: { timeout: VAULT_DEADLINE_MS, ...(ca === undefined ? {} : { ca }) },
    pipelining: 1,
    connections: 8,
  });
  const client = nodeVault({
    endpoint: address,
    noCustomHTTPVerbs: true,
    debug: () => {}, // its own would print what it sends
    'request-promise': { defaults: () => (options: TransportOptions) => transport(options, agent) },
  });
  // Whatever VAULT_TOKEN and VAULT_NAMESPACE say: one place configures this process.
  client.token = '';
  (client as { namespace?: string }).namespace = namespace ?? '';
  return {
    async call({ method, path, body, token, signal }) {
      const headers = token === undefined ? {} : { 'X-Vault-Token': token };
      try {
        return await client.request({ path: `/${path}`, method, headers, signal, ...(body ? { json: body } : {}) });
      } catch (error) {
        throw refusalOf(error) ?? unreachable(error, address);
      }
    },
    stop: () => agent.destroy(),
  };
}

interface TransportOptions {
  readonly method: 'GET' | 'POST';
  readonly uri: string;
  readonly headers: Record<string, string>;
  readonly json?: unknown;
  readonly signal: AbortSignal;
}

async function transport({ method, uri, headers, json, signal }: TransportOptions, agent: Agent) {
  const answer = await request(uri, {
    method,
    dispatcher: agent,
    signal,
    headers: { ...headers, 'x-vault-request': 'true', 'content-type': 'application/json' },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  });
  const text = await readBounded(answer.body);
  return { statusCode: answer.statusCode, body: parse(text), request: { path: new URL(uri).pathname } };
}

async function readBounded(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error('too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a proxy's page, or nothing
  }
}

function refusalOf(error: unknown): VaultRefusal | undefined {
  const response = (error as { response?: { statusCode?: unknown; body?: { errors?: unknown } } }).response;
  if (typeof response?.statusCode !== 'number') return undefined;
  const words = JSON.stringify(response.body?.errors ?? '');
  return new VaultRefusal(response.statusCode, response.statusCode === 400 && words.includes('check-and-set'));
}

function unreachable(error: unknown, address: string): AppError {
  const { name, code } = error as { name?: string; code?: string };
  const isLate = name === 'TimeoutError' || name === 'AbortError' || code === 'UND_ERR_CONNECT_TIMEOUT';
  return fail('secret_unavailable', {
    param: 'INTRAMUROS_VAULT_ADDR',
    detail: isLate
      ? `Vault at ${address} did not answer within ${VAULT_DEADLINE_MS / 1_000} s.`
      : `Vault at ${address} cannot be reached (${code ?? 'no usable answer'}).`,
    remedy: 'Check that it runs, and INTRAMUROS_VAULT_ADDR and INTRAMUROS_VAULT_CA_FILE. It is tried again by itself.',
    retryAfterS: 5,
  });
}
