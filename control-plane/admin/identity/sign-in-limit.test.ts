import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../errors.ts';
import { createSignInLimit, type SignInLimit } from './sign-in-limit.ts';

const MINUTE_MS = 60_000;

function clock() {
  let now = 1_000_000;
  return {
    now: () => now,
    advance: (ms: number) => {
      now += ms;
    },
  };
}

function refusal(limit: SignInLimit, account: string, address: string): AppError | undefined {
  try {
    limit.begin(account, address);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof AppError);
    return error;
  }
}

test('the sixth failure of an account from one address waits, others do not', () => {
  const { now, advance } = clock();
  const limit = createSignInLimit(now);
  for (let attempt = 0; attempt < 5; attempt += 1) {
    assert.equal(refusal(limit, 'admin', 'a'), undefined);
    advance(MINUTE_MS);
  }
  const refused = refusal(limit, 'admin', 'a');
  assert.equal(refused?.code, 'rate_limited');
  assert.equal(refused?.retryAfterS, 10 * 60);
  assert.equal(refusal(limit, 'admin', 'b'), undefined);
  assert.equal(refusal(limit, 'other', 'a'), undefined);
});

test('the wait ends when the oldest failure is a quarter of an hour old', () => {
  const { now, advance } = clock();
  const limit = createSignInLimit(now);
  for (let attempt = 0; attempt < 5; attempt += 1) limit.begin('admin', 'a');
  advance(15 * MINUTE_MS - 1000);
  assert.equal(refusal(limit, 'admin', 'a')?.retryAfterS, 1);
  advance(1000);
  assert.equal(refusal(limit, 'admin', 'a'), undefined);
});

test('an address that tries many names waits after twenty', () => {
  const limit = createSignInLimit(clock().now);
  for (let attempt = 0; attempt < 20; attempt += 1) assert.equal(refusal(limit, `name-${attempt}`, 'a'), undefined);
  assert.equal(refusal(limit, 'another', 'a')?.code, 'rate_limited');
  assert.equal(refusal(limit, 'another', 'b'), undefined);
});

test('an account that is tried from many addresses waits after a hundred', () => {
  const limit = createSignInLimit(clock().now);
  for (let attempt = 0; attempt < 100; attempt += 1) assert.equal(refusal(limit, 'admin', `a-${attempt}`), undefined);
  assert.equal(refusal(limit, 'admin', 'fresh')?.code, 'rate_limited');
});

test('a success forgives the account at that address and takes its own attempt back', () => {
  const limit = createSignInLimit(clock().now);
  for (let attempt = 0; attempt < 4; attempt += 1) limit.begin('admin', 'a');
  limit.begin('admin', 'a').succeeded();
  for (let attempt = 0; attempt < 5; attempt += 1) assert.equal(refusal(limit, 'admin', 'a'), undefined);
  assert.equal(refusal(limit, 'admin', 'a')?.code, 'rate_limited');
});

test('a flood of invented names costs little and does not free the one that is still under attack', () => {
  const limit = createSignInLimit(clock().now);
  for (let attempt = 0; attempt < 100; attempt += 1) limit.begin('admin', `x-${attempt}`);
  const startedAt = performance.now();
  for (let attempt = 0; attempt < 9000; attempt += 1) limit.begin(`name-${attempt}`, `y-${attempt}`);
  assert.equal(refusal(limit, 'admin', 'z')?.code, 'rate_limited');
  for (let attempt = 0; attempt < 91_000; attempt += 1) limit.begin(`more-${attempt}`, `z-${attempt}`);
  assert.ok(performance.now() - startedAt < 5000);
});
