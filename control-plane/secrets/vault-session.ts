// Our identity at Vault: signs in (AppRole or Kubernetes), renews the token before it ends, signs in anew where that
// fails or the token was taken away. Credentials are read from their files at each sign-in, so that they may be changed
// under us. May import errors.ts and its own room.

import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { AppError, fail } from '../errors.ts';
import { VAULT_DEADLINE_MS, type VaultCall, type VaultClient, VaultRefusal } from './vault-client.ts';

export type VaultSignIn =
  | { readonly kind: 'approle'; readonly mount: string; readonly roleIdFile: string; readonly secretIdFile: string }
  | { readonly kind: 'kubernetes'; readonly mount: string; readonly role: string; readonly tokenFile: string };

export interface VaultSessionDependencies {
  readonly client: VaultClient;
  readonly signIn: VaultSignIn;
  readonly log?: (message: string) => void;
}

const authAnswer = z.object({
  auth: z.object({ client_token: z.string().min(1), lease_duration: z.int().min(0), renewable: z.boolean() }),
});

/** A token is renewed after this part of its life. */
const RENEW_AT = 2 / 3;
/** Timers hold at most 2^31 ms; a token that lives for longer is looked at daily. */
const LONGEST_WAIT_MS = 86_400_000;
const RETRY_MS = 2_000;
/** A token as new as this is not the reason for a refusal. */
const FRESH_MS = 1_000;

interface Token {
  readonly text: string;
  readonly since: number;
  readonly lifeMs: number;
}

export class VaultSession {
  readonly #deps: VaultSessionDependencies;
  #token: Token | undefined;
  #signingIn: Promise<Token> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #problem: string | undefined;
  #isStopped = false;

  constructor(deps: VaultSessionDependencies) {
    this.#deps = deps;
  }

  get problem(): string | undefined {
    return this.#problem;
  }

  /**
   * Calls as whoever we are. Over within 2 s, a sign-in that it needed included.
   * @throws VaultRefusal for a status of the call itself (404, a lost check-and-set); AppError `secret_unavailable` else.
   */
  async call(call: Omit<VaultCall, 'token' | 'signal'>): Promise<unknown> {
    const signal = AbortSignal.timeout(VAULT_DEADLINE_MS);
    try {
      const answer = await this.#authorised(call, signal);
      this.#problem = undefined;
      return answer;
    } catch (error) {
      if (error instanceof VaultRefusal && (error.status === 404 || error.isConflict)) throw error;
      const told = error instanceof VaultRefusal ? refused(error, call.path) : error;
      this.#problem = told instanceof AppError ? told.detail : 'Vault failed';
      throw told;
    }
  }

  stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    return this.#deps.client.stop();
  }

  async #authorised(call: Omit<VaultCall, 'token' | 'signal'>, signal: AbortSignal): Promise<unknown> {
    const token = this.#token ?? (await this.#signIn(signal));
    try {
      return await this.#deps.client.call({ ...call, token: token.text, signal });
    } catch (error) {
      const isOld = performance.now() - token.since > FRESH_MS;
      if (!(error instanceof VaultRefusal) || error.status !== 403 || !isOld) throw error;
    }
    // The token has ended or was taken away: once more with another one.
    if (this.#token === token) this.#token = undefined;
    const next = this.#token ?? (await this.#signIn(signal));
    return this.#deps.client.call({ ...call, token: next.text, signal });
  }

  /** One sign-in at a time, whoever waits for it. */
  #signIn(signal: AbortSignal): Promise<Token> {
    this.#signingIn ??= this.#signInNow(signal).finally(() => {
      this.#signingIn = undefined;
    });
    return this.#signingIn;
  }

  async #signInNow(signal: AbortSignal): Promise<Token> {
    const { signIn, client } = this.#deps;
    const body = await credentialsOf(signIn);
    try {
      return this.#hold(await client.call({ method: 'POST', path: `auth/${signIn.mount}/login`, body, signal }));
    } catch (error) {
      if (!(error instanceof VaultRefusal) || error.status === 503) throw error;
      throw fail('secret_unavailable', {
        param: signIn.kind === 'approle' ? 'INTRAMUROS_VAULT_SECRET_ID_FILE' : 'INTRAMUROS_VAULT_KUBERNETES_ROLE',
        detail: `Vault refuses the sign-in by ${signIn.kind} at auth/${signIn.mount} (${error.status}).`,
        remedy:
          'Check the role and its credentials; a secret id may have been used up or have ended. They are read anew at each try.',
      });
    }
  }

  #hold(answer: unknown): Token {
    const parsed = authAnswer.safeParse(answer);
    if (!parsed.success) throw strange();
    const { client_token: text, lease_duration: seconds, renewable } = parsed.data.auth;
    const token = { text, since: performance.now(), lifeMs: seconds * 1_000 };
    this.#token = token;
    if (seconds > 0) this.#later(token.lifeMs * RENEW_AT, () => this.#renew(token, renewable));
    return token;
  }

  async #renew(token: Token, renewable: boolean): Promise<void> {
    if (this.#token !== token) return;
    const age = performance.now() - token.since;
    if (age < token.lifeMs * RENEW_AT) {
      this.#later(token.lifeMs * RENEW_AT - age, () => this.#renew(token, renewable));
      return;
    }
    const signal = AbortSignal.timeout(VAULT_DEADLINE_MS);
    try {
      if (!renewable || !(await this.#extend(token, signal))) await this.#signIn(signal);
      this.#problem = undefined;
    } catch (error) {
      this.#problem = error instanceof AppError ? error.detail : 'the token of Vault could not be renewed';
      this.#deps.log?.(`vault: ${this.#problem}`);
      this.#later(RETRY_MS, () => this.#renew(token, renewable));
    }
  }

  /** False where the token is refused, or nears the end that no renewal moves. */
  async #extend(token: Token, signal: AbortSignal): Promise<boolean> {
    try {
      const call = { method: 'POST', path: 'auth/token/renew-self', body: {}, token: token.text, signal } as const;
      const answer = authAnswer.safeParse(await this.#deps.client.call(call));
      if (!answer.success || answer.data.auth.lease_duration * 1_000 < token.lifeMs / 2) return false;
      const renewed = { ...token, since: performance.now() };
      this.#token = renewed;
      this.#later(token.lifeMs * RENEW_AT, () => this.#renew(renewed, true));
      return true;
    } catch (error) {
      if (error instanceof VaultRefusal && error.status !== 503) return false;
      throw error;
    }
  }

  #later(ms: number, run: () => Promise<void>): void {
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => void run(), Math.min(ms, LONGEST_WAIT_MS)).unref();
  }
}

async function credentialsOf(signIn: VaultSignIn): Promise<Record<string, string>> {
  if (signIn.kind === 'kubernetes') {
    return { role: signIn.role, jwt: await readWord(signIn.tokenFile, 'INTRAMUROS_VAULT_KUBERNETES_TOKEN_FILE') };
  }
  return {
    role_id: await readWord(signIn.roleIdFile, 'INTRAMUROS_VAULT_ROLE_ID_FILE'),
    secret_id: await readWord(signIn.secretIdFile, 'INTRAMUROS_VAULT_SECRET_ID_FILE'),
  };
}

async function readWord(path: string, param: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    throw fail('secret_unavailable', {
      param,
      detail: `${path} cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown reason'}).`,
      remedy: 'Name a file that the user of Intramuros may read.',
    });
  }
}

function refused({ status }: VaultRefusal, path: string): AppError {
  if (status === 503) {
    return fail('secret_unavailable', {
      detail: 'Vault is sealed, or has no active node.',
      remedy: 'Unseal it: "vault operator unseal". It is tried again by itself.',
      retryAfterS: 5,
    });
  }
  return fail('secret_unavailable', {
    detail: `Vault refuses ${path} (${status}).`,
    remedy: 'Give the role a policy for it: docs/reference/secrets.md has the one that is needed.',
  });
}

export function strange(): AppError {
  return fail('secret_unavailable', {
    param: 'INTRAMUROS_VAULT_ADDR',
    detail: 'What answers there does not speak as Vault does.',
    remedy: 'Check INTRAMUROS_VAULT_ADDR and the mounts.',
  });
}
