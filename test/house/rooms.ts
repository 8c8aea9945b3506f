// The rooms of the house and what each may import. This table is the architecture: docs/architecture.md draws it, and
// check-house.ts holds every import line against it. A file belongs to the longest prefix that fits it.

export interface Room {
  /** Path prefix of the room's files. */
  readonly at: string;
  /** Prefixes of the rooms that it may import; its own are always allowed. */
  readonly may: readonly string[];
  /** What another room may take from here even where `may` names only types (see `typesFrom`). */
  readonly typesFrom?: readonly string[];
  /** Does no I/O: no file system, network, process or clock. */
  readonly pure?: true;
}

const ERRORS = 'control-plane/errors.ts';
const CONFIG = 'control-plane/config.ts';
const IDENTITY_CONFIG = 'control-plane/identity-config.ts';
const HTTP_HEAD = 'control-plane/http-head.ts';
const TLS = 'control-plane/tls/';
const ROTATING_FILE = 'control-plane/rotating-file.ts';
const API = 'operator/api/';
const PLANNING = 'operator/planning/';
const KUBE = 'operator/kube/';

export const ROOMS: readonly Room[] = [
  // The contract and the kit import nothing of ours.
  { at: API, may: [], pure: true },
  { at: KUBE, may: [], typesFrom: [API] },
  // The reconcile pipe: api <- planning <- engines <- controller -> runtime -> kube.
  { at: PLANNING, may: [API], pure: true },
  { at: 'operator/engines/', may: [API, PLANNING, ERRORS] },
  { at: 'operator/controller/', may: [API, PLANNING, 'operator/engines/', 'operator/runtime/', KUBE] },
  { at: 'operator/runtime/', may: [API, PLANNING, 'operator/engines/', KUBE, ERRORS, ROTATING_FILE] },
  { at: 'operator/main.ts', may: ['operator/'] },
  // The request pipe and what it stands on.
  { at: ERRORS, may: [], pure: true },
  { at: IDENTITY_CONFIG, may: [ERRORS] },
  { at: CONFIG, may: [IDENTITY_CONFIG, ERRORS] },
  { at: HTTP_HEAD, may: [ERRORS], pure: true },
  { at: 'control-plane/redaction/', may: [], pure: true },
  { at: 'control-plane/wire/', may: [ERRORS], pure: true },
  { at: 'control-plane/policy/', may: ['control-plane/redaction/'], typesFrom: [API], pure: true },
  { at: 'control-plane/audit/format/', may: [ERRORS], pure: true },
  { at: 'control-plane/audit/verify/', may: ['control-plane/audit/format/', ERRORS] },
  {
    at: 'control-plane/audit/',
    may: ['control-plane/audit/', 'control-plane/database/', 'control-plane/secrets/', ERRORS],
  },
  { at: ROTATING_FILE, may: [] },
  { at: TLS, may: [ERRORS] },
  { at: 'control-plane/witness/', may: ['control-plane/audit/format/', TLS, ERRORS] },
  { at: 'control-plane/database/', may: [ERRORS, ROTATING_FILE] },
  { at: 'control-plane/secrets/', may: [ERRORS] },
  {
    at: 'control-plane/backup/',
    may: ['control-plane/audit/', 'control-plane/database/', 'control-plane/secrets/', ERRORS],
  },
  { at: 'control-plane/resources/', may: [API, KUBE, 'control-plane/database/', ERRORS] },
  {
    at: 'control-plane/gateway/',
    may: ['control-plane/wire/', 'control-plane/redaction/', 'control-plane/policy/', HTTP_HEAD, TLS, ERRORS],
    typesFrom: [API, CONFIG, 'control-plane/audit/'],
  },
  {
    at: 'control-plane/admin/',
    may: [
      API,
      PLANNING,
      KUBE,
      ERRORS,
      HTTP_HEAD,
      TLS,
      'control-plane/audit/',
      'control-plane/database/',
      'control-plane/policy/',
      'control-plane/redaction/',
      'control-plane/gateway/api-keys.ts',
    ],
    typesFrom: ['control-plane/secrets/', 'control-plane/gateway/', 'control-plane/resources/'],
  },
  { at: 'control-plane/console/', may: [], typesFrom: ['control-plane/admin/', API] },
  { at: 'prisma/', may: ['control-plane/database/', 'test/'] },
  // Only these wire both sides.
  { at: 'control-plane/cli/', may: ['control-plane/', 'operator/'] },
  { at: 'control-plane/main.ts', may: ['control-plane/', 'operator/'] },
  { at: 'control-plane/launch.js', may: ['control-plane/main.ts'] },
];

/** Modules of Node that a pure room may use: they compute, they do not reach out (`node:net` for isIP alone). */
export const PURE_MODULES = new Set([
  'node:crypto',
  'node:net',
  'node:buffer',
  'node:util',
  'node:assert',
  'node:assert/strict',
]);
