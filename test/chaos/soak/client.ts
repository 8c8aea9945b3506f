// The soak's client: requests over connections of its own, and a log of what came of them. An answer counts as
// explained when the traffic that asked for it said beforehand that it may come, and why.

import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { LOCAL_FILE, localFileSchema } from '../../../control-plane/admin/identity/local-token.ts';
import { personalValues } from '../../wire/personal-values.ts';

export interface Expectation {
  /** `200`, or `400 unknown_field`. */
  readonly outcome: string;
  /** Why it is right; empty for plain success. */
  readonly because: string;
}

export class OutcomeLog {
  readonly counts = new Map<string, { count: number; because: string | undefined }>();

  add(kind: string, outcome: string, expected: readonly Expectation[]): void {
    const because = expected.find((each) => each.outcome === outcome)?.because;
    const key = `${kind}: ${outcome}`;
    const known = this.counts.get(key) ?? { count: 0, because };
    known.count += 1;
    this.counts.set(key, known);
  }

  get total(): number {
    return [...this.counts.values()].reduce((sum, { count }) => sum + count, 0);
  }

  get unexplained(): number {
    return [...this.counts.values()].reduce((sum, each) => sum + (each.because === undefined ? each.count : 0), 0);
  }
}

export interface Door {
  readonly gateway: string;
  readonly admin: string;
  readonly token: string;
}

export function doorOf(product: { gateway: string; admin: string }, dataFolder: string): Door {
  const { token } = localFileSchema.parse(JSON.parse(readFileSync(join(dataFolder, LOCAL_FILE), 'utf8')));
  return { gateway: product.gateway, admin: product.admin, token };
}

export interface Answer {
  /** As `Expectation.outcome` writes it. */
  readonly outcome: string;
  readonly text: string;
}

const TIMEOUT_MS = 180_000;

export async function send(url: string, bearer: string, body?: string, init: RequestInit = {}): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body === undefined ? {} : { body }),
      ...init,
      headers: {
        authorization: `Bearer ${bearer}`,
        'content-type': 'application/json',
        ...(init.headers as Record<string, string> | undefined),
      },
    });
    const text = await response.text();
    return { outcome: outcomeOf(response.status, text), text };
  } catch (error) {
    return { outcome: nameOf(error), text: '' };
  }
}

/** The status, and the code where it is an error: in OpenAI's shape, or as a problem. */
export function outcomeOf(status: number, text: string): string {
  if (status < 400) return String(status);
  try {
    const body = JSON.parse(text) as { code?: string; error?: { code?: string } };
    return `${status} ${body.error?.code ?? body.code ?? 'without code'}`;
  } catch {
    return `${status} without code`;
  }
}

export function nameOf(error: unknown): string {
  const cause = (error as { cause?: { code?: string } }).cause?.code;
  return cause ?? (error instanceof Error ? error.name : 'failure');
}

/** A report that nobody wrote before, with values that must be redacted. */
export function newReport(): string {
  const make = personalValues();
  const age = randomInt(20, 95);
  return `Patient de ${age} ans, joignable au ${make.phone()} ou ${make.email()}. TA ${randomInt(9, 19)}/8. Toux depuis ${randomInt(2, 9)} jours.`;
}

export interface SlowReading {
  readonly url: string;
  readonly bearer: string;
  readonly body: string;
  /** Between any two reads. */
  readonly pauseMs: number;
}

/** Reads an answer a little at a time, as a client on a bad line does. Resolves to its status and its text. */
export function readSlowly({ url, bearer, body, pauseMs }: SlowReading): Promise<Answer> {
  return new Promise((resolve) => {
    const request = httpRequest(url, {
      method: 'POST',
      agent: false,
      timeout: TIMEOUT_MS,
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    });
    request.on('timeout', () => request.destroy(new Error('timeout')));
    request.on('error', (error) => resolve({ outcome: nameOf(error), text: '' }));
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        text += piece;
        response.pause();
        setTimeout(() => response.resume(), pauseMs);
      });
      response.on('error', (error) => resolve({ outcome: nameOf(error), text }));
      response.on('end', () => resolve({ outcome: outcomeOf(response.statusCode ?? 0, text), text }));
    });
    request.end(body);
  });
}
