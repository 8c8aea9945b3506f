// The certificate and the key of our listeners, read by path and read again when they change: whoever renews them need
// not restart us. Files are compared by content and not watched, because what mounts them (a Kubernetes secret, certbot)
// swaps links that a watch does not follow. A pair that does not fit is told and the last good one stays.
// May import errors.ts.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { fail } from '../errors.ts';

export interface TlsPaths {
  /** PEM: the certificate, then those between it and the root. */
  readonly certificate: string;
  /** PEM, without a passphrase. */
  readonly key: string;
}

export interface TlsPair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

export interface TlsStatus {
  readonly subject: string;
  /** DNS names and IP addresses that the certificate is for. */
  readonly names: readonly string[];
  readonly validFrom: Date;
  readonly expiresAt: Date;
  /** Why the files that lie there now are not used, or undefined. */
  readonly problem: string | undefined;
}

/** What takes a new pair without dropping a connection: `tls.Server`. */
export interface TakesSecureContext {
  setSecureContext(pair: TlsPair): void;
}

export interface TlsFilesOptions {
  readonly log?: (message: string) => void;
  /** Between two looks at the files. */
  readonly pollMs?: number;
}

const POLL_MS = 2_000;

export class TlsFiles {
  readonly paths: TlsPaths;
  readonly #options: TlsFilesOptions;
  readonly #servers = new Set<TakesSecureContext>();
  #pair: TlsPair;
  #certificate: X509Certificate;
  #problem: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(paths: TlsPaths, first: TlsPair, options: TlsFilesOptions = {}) {
    this.paths = paths;
    this.#options = options;
    this.#pair = first;
    this.#certificate = new X509Certificate(first.cert);
  }

  get pair(): TlsPair {
    return this.#pair;
  }

  status(): TlsStatus {
    const { subject, subjectAltName, validFromDate, validToDate } = this.#certificate;
    return {
      subject: subject?.replaceAll('\n', ', ') ?? '',
      names: namesOf(subjectAltName),
      validFrom: validFromDate,
      expiresAt: validToDate,
      problem: this.#problem,
    };
  }

  /** The server gets each new pair from now on. */
  follow(server: TakesSecureContext): void {
    this.#servers.add(server);
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.look(), this.#options.pollMs ?? POLL_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#servers.clear();
    await this.#looking;
  }

  /** Reads the files now. */
  look(): Promise<void> {
    this.#looking ??= this.#reload().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #reload(): Promise<void> {
    try {
      const pair = await readPair(this.paths);
      this.#tell(undefined);
      if (pair.cert.equals(this.#pair.cert) && pair.key.equals(this.#pair.key)) return;
      for (const server of this.#servers) server.setSecureContext(pair);
      this.#pair = pair;
      this.#certificate = new X509Certificate(pair.cert);
      this.#options.log?.(
        `the certificate was read anew; it is good until ${this.#certificate.validToDate.toISOString()}`,
      );
    } catch (error) {
      this.#tell((error as Error).message);
    }
  }

  #tell(problem: string | undefined): void {
    if (problem !== undefined && problem !== this.#problem) {
      this.#options.log?.(`the new certificate is not used, the last good one stays: ${problem}`);
    }
    this.#problem = problem;
  }
}

/** @throws AppError `invalid_configuration` where the files cannot be read or do not belong together. */
export async function openTlsFiles(paths: TlsPaths, options: TlsFilesOptions = {}): Promise<TlsFiles> {
  return new TlsFiles(paths, await readPair(paths), options);
}

async function readPair(paths: TlsPaths): Promise<TlsPair> {
  const cert = await readPem(paths.certificate, 'INTRAMUROS_TLS_CERT');
  const key = await readPem(paths.key, 'INTRAMUROS_TLS_KEY');
  const certificate = attempt('INTRAMUROS_TLS_CERT', 'holds no certificate in PEM', () => new X509Certificate(cert));
  const privateKey = attempt('INTRAMUROS_TLS_KEY', 'holds no private key in PEM without a passphrase', () =>
    createPrivateKey(key),
  );
  if (!certificate.checkPrivateKey(privateKey)) {
    throw fail('invalid_configuration', {
      param: 'INTRAMUROS_TLS_KEY',
      detail: 'INTRAMUROS_TLS_KEY: the key does not belong to the certificate.',
      remedy: 'Give the key with which the certificate was asked for.',
    });
  }
  attempt('INTRAMUROS_TLS_CERT', 'cannot be served', () => createSecureContext({ cert, key }));
  return { cert, key };
}

async function readPem(path: string, param: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown reason';
    const remedy = 'Give the path of a file in PEM that this user may read.';
    throw fail('invalid_configuration', {
      param,
      detail: `${param}: the file cannot be read (${reason}).`,
      remedy,
      cause,
    });
  }
}

function attempt<T>(param: string, wrong: string, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    const remedy = 'Give a file in PEM.';
    throw fail('invalid_configuration', { param, detail: `${param}: the file ${wrong}.`, remedy, cause });
  }
}

/** `DNS:a.example, IP Address:10.0.0.1`, as Node writes it. */
function namesOf(subjectAltName: string | undefined): readonly string[] {
  return (subjectAltName ?? '').split(', ').flatMap((each) => /^(?:DNS|IP Address):([\w.:*-]+)$/.exec(each)?.[1] ?? []);
}
