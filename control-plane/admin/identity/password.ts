// Passwords as argon2id (RFC 9106) in the PHC string format, by the argon2 of node:crypto: no native package.
// Verifications queue two at a time: each takes 64 MiB, and a flood of sign-ins must not take the machine.
// Imports errors only.

import { argon2, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { fail } from '../../errors.ts';

const MEMORY_KIB = 65_536;
const PASSES = 3;
const LANES = 1;
const SALT_BYTES = 16;
const TAG_BYTES = 32;

/** Longer ones are refused unread: hashing is the expensive step. */
export const PASSWORD_MAX_LENGTH = 1024;

const MAX_RUNNING = 2;
const MAX_WAITING = 32;
// No 0/o, 1/l/i: the first password is read off a terminal and typed.
const READABLE = 'abcdefghjkmnpqrstuvwxyz23456789';

/** `$argon2id$v=19$m=65536,t=3,p=1$<salt>$<tag>` */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const tag = await derive(password, { salt, memory: MEMORY_KIB, passes: PASSES, lanes: LANES, tagBytes: TAG_BYTES });
  return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=${LANES}$${base64(salt)}$${base64(tag)}`;
}

/** Compares in constant time; false also for a stored text that is no argon2id hash. */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const parsed = parse(stored);
  if (parsed === undefined || password.length > PASSWORD_MAX_LENGTH) return false;
  const tag = await derive(password, { ...parsed, tagBytes: parsed.tag.length });
  return timingSafeEqual(tag, parsed.tag);
}

/** Twenty letters in four groups, about 99 bits. */
export function makePassword(): string {
  const letter = () => READABLE[randomInt(READABLE.length)] ?? '';
  const group = () => Array.from({ length: 5 }, letter).join('');
  return Array.from({ length: 4 }, group).join('-');
}

interface Parameters {
  readonly salt: Uint8Array;
  readonly memory: number;
  readonly passes: number;
  readonly lanes: number;
  readonly tagBytes: number;
}

function parse(stored: string) {
  const match = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/-]+)\$([\w+/-]+)$/.exec(stored);
  if (match === null) return undefined;
  const [, memory, passes, lanes, salt, tag] = match;
  return {
    memory: Number(memory),
    passes: Number(passes),
    lanes: Number(lanes),
    salt: Buffer.from(salt ?? '', 'base64'),
    tag: Buffer.from(tag ?? '', 'base64'),
  };
}

let running = 0;
const waiting: (() => void)[] = [];

async function derive(password: string, parameters: Parameters): Promise<Buffer> {
  await enter();
  try {
    return await runArgon2(password, parameters);
  } finally {
    leave();
  }
}

function runArgon2(password: string, parameters: Parameters): Promise<Buffer> {
  const { salt, memory, passes, lanes, tagBytes } = parameters;
  // The same characters typed on two keyboards may differ in composition: NFKC before hashing (RFC 8265).
  const message = Buffer.from(password.normalize('NFKC'), 'utf8');
  const input = { message, nonce: salt, parallelism: lanes, tagLength: tagBytes, memory, passes };
  return new Promise((resolve, reject) => {
    argon2('argon2id', input, (error, tag) => (error === null ? resolve(tag) : reject(error)));
  });
}

function enter(): Promise<void> {
  if (running < MAX_RUNNING) {
    running += 1;
    return Promise.resolve();
  }
  if (waiting.length >= MAX_WAITING) {
    return Promise.reject(fail('overloaded', { detail: 'Too many sign-ins at once.', retryAfterS: 5 }));
  }
  return new Promise((resolve) => waiting.push(resolve));
}

// The slot is handed to the next in line rather than given back, so that nobody can slip in between.
function leave(): void {
  const next = waiting.shift();
  if (next === undefined) running -= 1;
  else next();
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '');
}
