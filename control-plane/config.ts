// The whole configuration of a process: one schema of the environment, read once at start, nowhere else.
// Every variable says why it exists; docs/reference/configuration.md is generated from this table.
// Imports zod and the error registry.

import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { fail } from './errors.ts';

/** A whole number in a range, refused in words that say the range. */
function wholeNumber(least: number, most: number) {
  const error = `must be a whole number between ${least} and ${most}`;
  return z.coerce.number({ error }).int({ error }).min(least, { error }).max(most, { error });
}

const port = wholeNumber(0, 65_535);
const millis = wholeNumber(1, 86_400_000);

/** The folder of the package: `.intramuros` is looked for beside it, wherever the command is typed. */
export const PACKAGE_FOLDER = fileURLToPath(new URL('..', import.meta.url));

// Each entry: the variable, its schema with default, and the reason it exists (`describe` feeds the reference page).
export const environment = z.object({
  INTRAMUROS_DATA: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Folder of keys and, without DATABASE_URL, of the database. Default: .intramuros beside the package; a relative path is taken from the working directory.',
    ),
  INTRAMUROS_PORT: port.default(8080).describe('Port of the console and the admin API; 0 takes a free one.'),
  INTRAMUROS_GATEWAY_PORT: port.default(8081).describe('Port of the OpenAI-compatible gateway; 0 takes a free one.'),
  INTRAMUROS_HOST: z
    .union([z.ipv4(), z.ipv6()], { error: 'must be an IP address of this machine, or 0.0.0.0 or :: for all' })
    .default('127.0.0.1')
    .describe(
      'Address that both listeners bind. Another than loopback needs INTRAMUROS_TLS_CERT and INTRAMUROS_TLS_KEY, or INTRAMUROS_ALLOW_PLAIN=1 behind a proxy.',
    ),
  INTRAMUROS_TLS_CERT: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Path of the certificate of both listeners, with its chain, in PEM. Read again when it changes; no connection is dropped.',
    ),
  INTRAMUROS_TLS_KEY: z
    .string()
    .min(1)
    .optional()
    .describe('Path of the private key of INTRAMUROS_TLS_CERT, in PEM without a passphrase.'),
  INTRAMUROS_ALLOW_PLAIN: z
    .enum(['0', '1'], { error: 'must be 1 or 0' })
    .default('0')
    .describe(
      '1: plain HTTP also on another address than loopback, for a proxy on a trusted network that speaks TLS. System and the log warn for as long as it is so.',
    ),
  INTRAMUROS_PUBLIC_HOSTS: z
    .string()
    .regex(/^[\w.-]+(,[\w.-]+)*$/, 'must be host names without ports, separated by commas')
    .optional()
    .describe(
      'Names under which browsers may open the console, beyond loopback and those of the certificate: intramuros.example.com,10.0.0.5',
    ),
  INTRAMUROS_ADMIN_PASSWORD: z
    .string()
    .min(8, { error: 'must have 8 characters or more' })
    .optional()
    .describe(
      'Password of the account admin (8 characters or more). When absent, one is made at first start and printed once.',
    ),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must begin with postgresql://')
    .optional()
    .describe("A company's own PostgreSQL. When absent, a private one is run in the data folder, for evaluation."),
  INTRAMUROS_LLAMA_SERVER: z
    .string()
    .min(1)
    .optional()
    .describe('Path of a native llama-server to use instead of the bundled engine, for a build that fits the machine.'),
  INTRAMUROS_ENGINE_THREADS: wholeNumber(1, 256)
    .default(1)
    .describe('Threads of one engine process. More than the idle cores makes generation slower, not faster.'),
  INTRAMUROS_LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent'], {
      error: 'must be one of fatal, error, warn, info, debug, silent',
    })
    .default('info')
    .describe('Least level that is written to stderr. No level writes prompts, answers or keys.'),
  INTRAMUROS_REQUESTS_PER_MINUTE: wholeNumber(1, 1_000_000_000)
    .default(600)
    .describe('Requests a minute that one API key may make; beyond it 429 with Retry-After.'),
  INTRAMUROS_MAX_BODY_BYTES: wholeNumber(1024, 1_073_741_824)
    .default(4_194_304)
    .describe('Largest request body that the gateway reads; beyond it 413 before anything is parsed.'),
  INTRAMUROS_QUEUE_TIMEOUT_MS: millis
    .default(60_000)
    .describe('How long a request may wait for a free place in an engine; beyond it 503 with Retry-After.'),
  INTRAMUROS_FIRST_BYTE_TIMEOUT_MS: millis
    .default(600_000)
    .describe('How long an engine may take to begin its answer (a whole answer when it is not streamed).'),
  INTRAMUROS_BETWEEN_BYTES_TIMEOUT_MS: millis
    .default(120_000)
    .describe('How long an engine may pause inside an answer.'),
});

export interface Config {
  /** Set and not read: most likely misspelt. Whoever starts the product is told. */
  readonly unknownVariables: readonly string[];
  readonly dataFolder: string;
  readonly adminPort: number;
  readonly gatewayPort: number;
  /** Of both listeners. */
  readonly host: string;
  readonly tls: { readonly certificate: string; readonly key: string } | undefined;
  /** Plain HTTP beyond loopback, by a proxy that speaks TLS. */
  readonly behindProxy: boolean;
  readonly publicHosts: readonly string[];
  readonly adminPassword: string | undefined;
  readonly databaseUrl: string | undefined;
  readonly llamaServer: string | undefined;
  readonly engineThreads: number;
  readonly logLevel: string;
  readonly requestsPerMinute: number;
  readonly maxBodyBytes: number;
  readonly budgets: TimeBudgets;
}

/** Engines and tests have variables of their own, set by us. */
function isKnown(name: string): boolean {
  return name in environment.shape || /^INTRAMUROS_(ENGINE|TEST)_/.test(name);
}

/** The three clocks of a forwarded request; there is no fourth, hidden one. */
export interface TimeBudgets {
  readonly queueMs: number;
  readonly firstByteMs: number;
  readonly betweenBytesMs: number;
}

/** Reads the environment. Throws `invalid_configuration` naming the variable and what it takes. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  // An empty variable means "not set": shells and unit files cannot express absence otherwise.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = environment.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const name = String(issue?.path[0] ?? 'environment');
    throw fail('invalid_configuration', {
      param: name,
      detail: `${name}: ${issue?.message ?? 'has a wrong value'}.`,
      remedy: 'docs/reference/configuration.md says what each variable takes.',
    });
  }
  const values = parsed.data;
  refuseHalfTls(values);
  refusePlainOutside(values);
  return Object.freeze({
    unknownVariables: Object.keys(given).filter((name) => /^INTRAMUROS_/.test(name) && !isKnown(name)),
    dataFolder:
      values.INTRAMUROS_DATA === undefined ? join(PACKAGE_FOLDER, '.intramuros') : resolve(values.INTRAMUROS_DATA),
    adminPort: values.INTRAMUROS_PORT,
    gatewayPort: values.INTRAMUROS_GATEWAY_PORT,
    host: values.INTRAMUROS_HOST,
    tls: tlsPaths(values),
    behindProxy: values.INTRAMUROS_ALLOW_PLAIN === '1' && tlsPaths(values) === undefined,
    publicHosts: values.INTRAMUROS_PUBLIC_HOSTS?.split(',') ?? [],
    adminPassword: values.INTRAMUROS_ADMIN_PASSWORD,
    databaseUrl: values.DATABASE_URL,
    llamaServer: values.INTRAMUROS_LLAMA_SERVER,
    engineThreads: values.INTRAMUROS_ENGINE_THREADS,
    logLevel: values.INTRAMUROS_LOG_LEVEL,
    requestsPerMinute: values.INTRAMUROS_REQUESTS_PER_MINUTE,
    maxBodyBytes: values.INTRAMUROS_MAX_BODY_BYTES,
    budgets: {
      queueMs: values.INTRAMUROS_QUEUE_TIMEOUT_MS,
      firstByteMs: values.INTRAMUROS_FIRST_BYTE_TIMEOUT_MS,
      betweenBytesMs: values.INTRAMUROS_BETWEEN_BYTES_TIMEOUT_MS,
    },
  });
}

type Environment = z.output<typeof environment>;

function tlsPaths({ INTRAMUROS_TLS_CERT: certificate, INTRAMUROS_TLS_KEY: key }: Environment) {
  return certificate === undefined || key === undefined
    ? undefined
    : { certificate: resolve(certificate), key: resolve(key) };
}

function refuseHalfTls({ INTRAMUROS_TLS_CERT: certificate, INTRAMUROS_TLS_KEY: key }: Environment): void {
  if ((certificate === undefined) === (key === undefined)) return;
  const [missing, given] =
    key === undefined ? ['INTRAMUROS_TLS_KEY', 'INTRAMUROS_TLS_CERT'] : ['INTRAMUROS_TLS_CERT', 'INTRAMUROS_TLS_KEY'];
  throw fail('invalid_configuration', {
    param: missing,
    detail: `${missing}: is not set, and ${given} is.`,
    remedy: 'Set both for TLS, or neither.',
  });
}

/** Keys and passwords would cross the network in the clear. */
function refusePlainOutside(values: Environment): void {
  const host = values.INTRAMUROS_HOST;
  if (isLoopback(host) || tlsPaths(values) !== undefined || values.INTRAMUROS_ALLOW_PLAIN === '1') return;
  throw fail('invalid_configuration', {
    param: 'INTRAMUROS_HOST',
    detail: `INTRAMUROS_HOST: ${host} can be reached from other machines, and there is no certificate: keys and passwords would cross the network in the clear.`,
    remedy:
      'Set INTRAMUROS_TLS_CERT and INTRAMUROS_TLS_KEY, or INTRAMUROS_ALLOW_PLAIN=1 where a proxy on a trusted network speaks TLS.',
  });
}

export function isLoopback(host: string): boolean {
  return host === '::1' || host.startsWith('127.');
}
