// The whole configuration of a process: one schema of the environment, read once at start, nowhere else.
// Every variable says why it exists; docs/reference/configuration.md is generated from this table.
// Imports zod and the error registry.

import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { fail } from './errors.ts';
import { type IdentityConfig, identityVariables, readIdentity } from './identity-config.ts';

/** A whole number in a range, refused in words that say the range. */
function wholeNumber(least: number, most: number) {
  const error = `must be a whole number between ${least} and ${most}`;
  return z.coerce.number({ error }).int({ error }).min(least, { error }).max(most, { error });
}

const port = wholeNumber(0, 65_535);
const path = z.string().min(1);
const millis = wholeNumber(1, 86_400_000);

/** The folder of the package: `.intramuros` is looked for beside it, wherever the command is typed. */
export const PACKAGE_FOLDER = fileURLToPath(new URL('..', import.meta.url));

const vaultFile = z.string().min(1).optional();
const VAULT_PATH = /^\w[\w.-]*(?:\/\w[\w.-]*)*$/;
const NOT_A_PATH = 'must be words of letters, digits, dots, dashes and underscores with / between them';

function isTrustedWay(address: string): boolean {
  const { protocol, hostname } = new URL(address);
  return protocol === 'https:' || ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
}

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
  INTRAMUROS_LOGIN_FILE: path
    .optional()
    .describe('Where "intramuros login" keeps its token. Default: .config/intramuros/login.json in the home folder.'),
  ...identityVariables,
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
  INTRAMUROS_WITNESS_URL: z
    .url({ protocol: /^https?$/, error: 'must be an address such as https://witness.example:8090' })
    .optional()
    .describe(
      'Address of a witness (`intramuros witness`, or any that speaks C2SP tlog-witness) that cosigns the newest checkpoint of the audit log every minute.',
    ),
  INTRAMUROS_WITNESS_KEY: z
    .string()
    .min(1)
    .optional()
    .describe('Path of the verifier key of INTRAMUROS_WITNESS_URL, one line: its `witness-key.pub`.'),
  INTRAMUROS_SEALING_KEY_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      'File of the key that opens the sealed keys, to lie apart from them. Default: secrets/sealing-key in the data folder.',
    ),
  INTRAMUROS_VAULT_ADDR: z
    .url({ protocol: /^https?$/, error: 'must be an address that begins with https:// (http:// on loopback alone)' })
    .refine(isTrustedWay, { error: 'must begin with https://; http:// is taken on loopback alone' })
    .optional()
    .describe('Vault or OpenBao that keeps the keys; without it they lie in the data folder. See secrets.md.'),
  INTRAMUROS_VAULT_CA_FILE: vaultFile.describe(
    "PEM file of the authority that signed Vault's certificate. Default: those that Node knows.",
  ),
  INTRAMUROS_VAULT_NAMESPACE: z
    .string()
    .regex(VAULT_PATH, NOT_A_PATH)
    .optional()
    .describe('Namespace of Vault in which everything below lies.'),
  INTRAMUROS_VAULT_AUTH_MOUNT: z
    .string()
    .regex(VAULT_PATH, NOT_A_PATH)
    .optional()
    .describe('Where the way to sign in is mounted, without auth/. Default: approle, or kubernetes.'),
  INTRAMUROS_VAULT_ROLE_ID_FILE: vaultFile.describe('File with the role id of an AppRole.'),
  INTRAMUROS_VAULT_SECRET_ID_FILE: vaultFile.describe('File with its secret id, read anew at each sign-in.'),
  INTRAMUROS_VAULT_KUBERNETES_ROLE: z
    .string()
    .min(1)
    .optional()
    .describe("Role under which the pod's service account signs in, instead of an AppRole."),
  INTRAMUROS_VAULT_KUBERNETES_TOKEN_FILE: z
    .string()
    .min(1)
    .default('/var/run/secrets/kubernetes.io/serviceaccount/token')
    .describe("File with the service account's token, read anew at each sign-in."),
  INTRAMUROS_VAULT_KV_MOUNT: z
    .string()
    .regex(VAULT_PATH, NOT_A_PATH)
    .default('secret')
    .describe('Mount of the KV store, version 2.'),
  INTRAMUROS_VAULT_PATH: z
    .string()
    .regex(VAULT_PATH, NOT_A_PATH)
    .default('intramuros')
    .describe('Folder of the keys in it: one an installation.'),
  INTRAMUROS_VAULT_TRANSIT_MOUNT: z
    .string()
    .regex(VAULT_PATH, NOT_A_PATH)
    .default('transit')
    .describe('Mount of Transit.'),
  INTRAMUROS_VAULT_TRANSIT_KEY: z
    .string()
    .regex(/^[\w.-]{1,100}$/, 'must be letters, digits, dots, dashes and underscores')
    .default('intramuros-log')
    .describe('Name of the Ed25519 key in Transit that signs the log: one an installation.'),
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
  /** Where the command line keeps its token for a product that runs elsewhere. */
  readonly loginFile: string;
  /** How people of the company sign in, beside the local accounts. */
  readonly identity: IdentityConfig;
  readonly databaseUrl: string | undefined;
  readonly llamaServer: string | undefined;
  readonly engineThreads: number;
  readonly logLevel: string;
  readonly requestsPerMinute: number;
  readonly maxBodyBytes: number;
  readonly budgets: TimeBudgets;
  readonly witness: { readonly url: string; readonly keyFile: string } | undefined;
  readonly sealingKeyFile: string | undefined;
  readonly vault: VaultConfig | undefined;
}

/** Where the keys lie when a Vault keeps them. */
export interface VaultConfig {
  readonly address: string;
  readonly caFile: string | undefined;
  readonly namespace: string | undefined;
  readonly signIn:
    | { readonly kind: 'approle'; readonly mount: string; readonly roleIdFile: string; readonly secretIdFile: string }
    | { readonly kind: 'kubernetes'; readonly mount: string; readonly role: string; readonly tokenFile: string };
  readonly kvMount: string;
  readonly path: string;
  readonly transitMount: string;
  readonly transitKey: string;
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
    publicHosts: [
      ...(values.INTRAMUROS_PUBLIC_HOSTS?.split(',') ?? []),
      ...(values.INTRAMUROS_PUBLIC_URL === undefined ? [] : [new URL(values.INTRAMUROS_PUBLIC_URL).hostname]),
    ],
    adminPassword: values.INTRAMUROS_ADMIN_PASSWORD,
    loginFile: resolve(values.INTRAMUROS_LOGIN_FILE ?? join(homedir(), '.config', 'intramuros', 'login.json')),
    identity: readIdentity(values),
    databaseUrl: values.DATABASE_URL,
    llamaServer: values.INTRAMUROS_LLAMA_SERVER,
    engineThreads: values.INTRAMUROS_ENGINE_THREADS,
    logLevel: values.INTRAMUROS_LOG_LEVEL,
    requestsPerMinute: values.INTRAMUROS_REQUESTS_PER_MINUTE,
    maxBodyBytes: values.INTRAMUROS_MAX_BODY_BYTES,
    witness: witnessPlace(values),
    budgets: {
      queueMs: values.INTRAMUROS_QUEUE_TIMEOUT_MS,
      firstByteMs: values.INTRAMUROS_FIRST_BYTE_TIMEOUT_MS,
      betweenBytesMs: values.INTRAMUROS_BETWEEN_BYTES_TIMEOUT_MS,
    },
    sealingKeyFile: values.INTRAMUROS_SEALING_KEY_FILE,
    vault: readVault(values),
  });
}

type Environment = z.output<typeof environment>;

/** The paths or addresses of two variables that go together. */
function both(values: Environment, first: keyof Environment, second: keyof Environment): [string, string] | undefined {
  const [one, other] = [values[first], values[second]];
  if (one === undefined && other === undefined) return undefined;
  if (one !== undefined && other !== undefined) return [String(one), String(other)];
  const [missing, given] = one === undefined ? [first, second] : [second, first];
  throw fail('invalid_configuration', {
    param: missing,
    detail: `${missing}: is not set, and ${given} is.`,
    remedy: 'Set both, or neither.',
  });
}

function tlsPaths(values: Environment) {
  const pair = both(values, 'INTRAMUROS_TLS_CERT', 'INTRAMUROS_TLS_KEY');
  return pair && { certificate: resolve(pair[0]), key: resolve(pair[1]) };
}

function witnessPlace(values: Environment) {
  const pair = both(values, 'INTRAMUROS_WITNESS_URL', 'INTRAMUROS_WITNESS_KEY');
  return pair && { url: pair[0], keyFile: resolve(pair[1]) };
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

function readVault(values: z.infer<typeof environment>): VaultConfig | undefined {
  const address = values.INTRAMUROS_VAULT_ADDR;
  if (address === undefined) return undefined;
  return {
    address: address.replace(/\/+$/, ''),
    caFile: values.INTRAMUROS_VAULT_CA_FILE,
    namespace: values.INTRAMUROS_VAULT_NAMESPACE,
    signIn: readVaultSignIn(values),
    kvMount: values.INTRAMUROS_VAULT_KV_MOUNT,
    path: values.INTRAMUROS_VAULT_PATH,
    transitMount: values.INTRAMUROS_VAULT_TRANSIT_MOUNT,
    transitKey: values.INTRAMUROS_VAULT_TRANSIT_KEY,
  };
}

function readVaultSignIn(values: z.infer<typeof environment>): VaultConfig['signIn'] {
  const mount = values.INTRAMUROS_VAULT_AUTH_MOUNT;
  const role = values.INTRAMUROS_VAULT_KUBERNETES_ROLE;
  if (role !== undefined) {
    const tokenFile = values.INTRAMUROS_VAULT_KUBERNETES_TOKEN_FILE;
    return { kind: 'kubernetes', mount: mount ?? 'kubernetes', role, tokenFile };
  }
  const roleIdFile = values.INTRAMUROS_VAULT_ROLE_ID_FILE;
  const secretIdFile = values.INTRAMUROS_VAULT_SECRET_ID_FILE;
  if (roleIdFile !== undefined && secretIdFile !== undefined) {
    return { kind: 'approle', mount: mount ?? 'approle', roleIdFile, secretIdFile };
  }
  throw fail('invalid_configuration', {
    param: 'INTRAMUROS_VAULT_ADDR',
    detail: 'INTRAMUROS_VAULT_ADDR is set, and nothing says how to sign in there.',
    remedy:
      'Set INTRAMUROS_VAULT_ROLE_ID_FILE and INTRAMUROS_VAULT_SECRET_ID_FILE, or INTRAMUROS_VAULT_KUBERNETES_ROLE.',
  });
}
