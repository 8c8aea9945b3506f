// Finds the product that runs on this machine and talks to its admin listener. It is found by the 0600 file which the
// listener leaves in the data folder, or, with DATABASE_URL alone, by opening a listener of our own on that database
// for the time of the command. Imports errors, config types and the admin room's file format.

import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { LOCAL_FILE, type LocalFile, localFileSchema } from '../admin/identity/local-token.ts';
import { ERRORS, type ErrorCode, fail } from '../errors.ts';
import { readLogin } from './login-file.ts';

export interface ProductPlace {
  /** Absolute path of the data folder. */
  readonly dataFolder: string;
  readonly databaseUrl: string | undefined;
  /** Where "login" keeps its token. */
  readonly loginFile?: string;
}

/** An admin listener opened for one command. */
export interface OpenedProduct {
  readonly address: string;
  readonly token: string;
  /** Path of the certificate that it must show. */
  readonly certificate?: string | undefined;
  readonly stop: () => Promise<void>;
}

export interface FoundProduct {
  /** A JSON answer. @throws the AppError that the product answered. */
  call(method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<unknown>;
  /** The body as it comes. */
  stream(path: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  readonly stop: () => Promise<void>;
}

/** @throws AppError `not_running` */
export async function findProduct(place: ProductPlace, open?: () => Promise<OpenedProduct>): Promise<FoundProduct> {
  const running = await readLocalFile(place.dataFolder);
  if (running !== undefined) return connect({ ...running, stop: async () => {} }, place);
  if (place.databaseUrl !== undefined && open !== undefined) return connect(await open(), place);
  const login = place.loginFile === undefined ? undefined : await readLogin(place.loginFile);
  if (login !== undefined) return connect({ ...login, stop: async () => {} }, place, login.address);
  throw notRunning(place);
}

async function readLocalFile(dataFolder: string): Promise<LocalFile | undefined> {
  const path = join(dataFolder, LOCAL_FILE);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw fail('not_running', {
      param: 'INTRAMUROS_DATA',
      detail: `${path} cannot be read (${code ?? 'unknown reason'}).`,
      remedy: 'Run the command as the user that runs the product.',
      cause,
    });
  }
  const parsed = localFileSchema.safeParse(parseJson(text));
  return parsed.success ? parsed.data : undefined;
}

async function connect(
  { address, token, certificate, stop }: OpenedProduct,
  place: ProductPlace,
  /** Where it was signed in, when that is elsewhere. */
  elsewhere?: string,
): Promise<FoundProduct> {
  const agent = certificate === undefined ? undefined : new Agent({ connect: await expecting(certificate) });
  async function send(method: string, path: string, options: { body?: unknown; signal?: AbortSignal } = {}) {
    try {
      return await request(`${address}${path}`, {
        method,
        ...(agent === undefined ? {} : { dispatcher: agent }),
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
    } catch (cause) {
      if (options.signal?.aborted === true) throw cause;
      throw elsewhere === undefined ? notRunning(place, cause) : unreachable(elsewhere, cause);
    }
  }
  return {
    async call(method, path, body) {
      const { statusCode, body: answer } = await send(method, path, { body });
      const content = parseJson(await answer.text());
      if (statusCode >= 400) throw problemToError(content, statusCode);
      return content;
    },
    async stream(path, signal) {
      const { statusCode, body } = await send('GET', path, { signal });
      if (statusCode >= 400) throw problemToError(parseJson(await body.text()), statusCode);
      return body;
    },
    async stop() {
      await agent?.close();
      await stop();
    },
  };
}

/** One call to an address that was typed. @throws the AppError that was answered. */
export async function callOnce(
  address: string,
  method: 'POST' | 'DELETE',
  path: string,
  { body, token }: { readonly body?: unknown; readonly token?: string },
): Promise<unknown> {
  const answer = await request(`${address}${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((cause: unknown) => {
    throw unreachable(address, cause);
  });
  const content = parseJson(await answer.body.text());
  if (answer.statusCode >= 400) throw problemToError(content, answer.statusCode);
  return content;
}

function unreachable(address: string, cause: unknown) {
  return fail('not_running', {
    param: 'ADDRESS',
    detail: `Nothing that we trust answers at ${address}.`,
    remedy: 'Look at the address; NODE_EXTRA_CA_CERTS names authorities of your own; "intramuros logout" forgets it.',
    cause,
  });
}

/** This one certificate and no other: it need not name the loopback address, nor come from a known authority. */
async function expecting(path: string) {
  const pem = await readFile(path).catch((cause: unknown) => {
    throw fail('not_running', {
      detail: `The certificate of the listener cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown reason'}).`,
      remedy: `Let this user read ${path}.`,
      cause,
    });
  });
  const expected = new X509Certificate(pem);
  return {
    ca: pem,
    allowPartialTrustChain: true,
    checkServerIdentity: (_host: string, shown: { readonly raw: Buffer }) =>
      shown.raw.equals(expected.raw) ? undefined : new Error('the listener shows another certificate'),
  };
}

function notRunning({ dataFolder, databaseUrl }: ProductPlace, cause?: unknown) {
  const also = databaseUrl === undefined ? '' : ', or for the database of DATABASE_URL';
  return fail('not_running', {
    param: 'INTRAMUROS_DATA',
    detail: `Nothing runs for the data folder ${dataFolder}${also}.`,
    remedy: 'Start it with "npm start", or set INTRAMUROS_DATA to the folder of the one that runs.',
    cause,
  });
}

/** The answered problem as the error it was there. */
function problemToError(content: unknown, status: number) {
  const problem = (typeof content === 'object' && content !== null ? content : {}) as Record<string, unknown>;
  const text = (name: string) => (typeof problem[name] === 'string' ? problem[name] : undefined);
  const code = text('code');
  const known: ErrorCode = code !== undefined && Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : 'internal';
  const param = text('param');
  const remedy = text('remedy');
  return fail(known, {
    detail: text('detail') ?? `The product answered ${status}.`,
    ...(param === undefined ? {} : { param }),
    ...(remedy === undefined ? {} : { remedy }),
    cause: problem['problems'],
  });
}

function parseJson(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
