// A route of the API, as data: what it takes, what it answers, which action it is, and whether it goes on the record.
// One list of these makes the express routes, the permission checks, the audit records and the OpenAPI document, so
// that they cannot disagree. Imports identity types and zod.

import type * as z from 'zod';
import type { Action, Principal } from '../identity/roles.ts';
import type { SearchPurpose } from '../log/search-purpose.ts';

/** What a handler is given: everything checked, nothing of express. */
export interface Call<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** Name of who asks; `-` on a public route. */
  readonly caller: string;
  /** Who asks; undefined on a public route. Where it has a `tenant`, nothing of another one is shown or changed. */
  readonly principal: Principal | undefined;
  readonly signal: AbortSignal;
  /** Of the record that was opened for this call; undefined where the route opens none. */
  readonly receipt: string | undefined;
  /** Whose browser session this is; null for a stranger and for a bearer. */
  session(): SessionView | null;
  /** Whose name and password the body holds (`username`, `password`), on the record. @throws as a sign-in does. */
  checkPassword(): Promise<Principal>;
  /** Ends that session, and puts its end on the record. */
  signOut(): Promise<void>;
  /** What this session searches the log for; undefined before it said so, and for a bearer. */
  purpose(): SearchPurpose | undefined;
  keepPurpose(purpose: SearchPurpose): void;
}

export interface SessionView {
  readonly name: string;
  readonly role: Principal['role'];
  /** The one tenant that the account sees; null for all of them. */
  readonly tenant: string | null;
  /** The account still has its first password: /password is the only page for it. */
  readonly mustChangePassword: boolean;
  /** What the role allows; the server asks its own table again at every request. */
  readonly may: readonly Action[];
  /** It may search the log, and has not said yet what for. */
  readonly needsPurpose: boolean;
  /** To be sent as `x-form-token` with every change that this session makes. */
  readonly formToken: string;
}

export type Answer =
  | { readonly status?: number; readonly json: unknown }
  | { readonly status?: number; readonly text: string; readonly contentType: string }
  /** Sent as it comes; a failure on the way cuts the connection. */
  | {
      readonly stream: AsyncIterable<string | Uint8Array>;
      readonly contentType: string;
      /** Name under which a browser keeps it. */
      readonly fileName?: string;
    };

/** Facts of a record: names, versions, counts; never a value that someone typed as content. */
export type RecordFacts = Readonly<Record<string, unknown>>;

export interface RouteRecord {
  readonly kind: 'change' | 'read';
}

/** An action that depends on a part of the path. */
export interface ActionChoice {
  readonly param: string;
  /** Every value that the part may have, by one of its names, and the action of each. */
  readonly actions: Readonly<Record<string, Action>>;
  /** Undefined for a value that there is not: whoever is known is told so. */
  choose(value: string): Action | undefined;
}

export interface RouteDefinition<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  readonly method: 'get' | 'put' | 'post' | 'delete';
  /** In OpenAPI's notation: `/api/v1/keys/{prefix}`. */
  readonly path: string;
  readonly summary: string;
  /** `public` needs nobody to be known, and says only what anyone may know. */
  readonly action: Action | ActionChoice | 'public';
  /** The answer holds what is shown once: it is kept nowhere, also not for a request that is sent again. */
  readonly answersSecret?: true;
  /** The body holds a secret: not even a hash of it is kept, and a request that is sent again is done again. */
  readonly takesSecret?: true;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** Largest body in bytes; default 1 MiB. */
  readonly maxBodyBytes?: number;
  readonly answer: { readonly description: string; readonly schema?: z.ZodType; readonly contentType?: string };
  /** Success status when it is not 200; for the document only. */
  readonly successStatus?: number;
  /** Present: a record is durable before the handler runs, and a change's outcome follows it. */
  readonly record?: RouteRecord & {
    facts?(call: Call<z.output<P>, z.output<Q>, z.output<B>>): RecordFacts | Promise<RecordFacts>;
  };
  handle(call: Call<z.output<P>, z.output<Q>, z.output<B>>): Promise<Answer>;
}

/** A definition whose types were checked by `defineRoute`. */
export type Route = RouteDefinition<z.ZodType, z.ZodType, z.ZodType>;

export function defineRoute<
  P extends z.ZodType = z.ZodUndefined,
  Q extends z.ZodType = z.ZodUndefined,
  B extends z.ZodType = z.ZodUndefined,
>(definition: RouteDefinition<P, Q, B>): Route {
  return definition;
}
