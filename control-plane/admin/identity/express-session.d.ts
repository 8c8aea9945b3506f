// The part of express-session that we use; the package brings no types of its own.

declare module 'express-session' {
  import type { EventEmitter } from 'node:events';
  import type { RequestHandler } from 'express';

  namespace session {
    interface CookieData {
      expires?: Date | string | null;
      originalMaxAge?: number | null;
    }
    interface SessionData {
      cookie: CookieData;
      /** When the account signed in, ms since 1970: sessions end some hours later whatever happens. */
      signedInAt?: number;
      /** Where to go after a company sign-in that this browser began: a path of ours. */
      next?: string;
      /** What its searches of the log are for. */
      searchPurpose?: object;
      /** Passport's own: whose session it is. */
      passport?: { readonly user?: unknown };
    }
    interface Session extends SessionData {
      readonly id: string;
      regenerate(done: (error?: unknown) => void): this;
      destroy(done: (error?: unknown) => void): this;
      save(done?: (error?: unknown) => void): this;
    }
    interface CookieOptions {
      path?: string;
      httpOnly?: boolean;
      sameSite?: 'lax' | 'strict';
      secure?: boolean | 'auto';
      maxAge?: number;
    }
    interface SessionOptions {
      name: string;
      secret: string | string[];
      store: Store;
      resave: boolean;
      saveUninitialized: boolean;
      rolling: boolean;
      unset?: 'destroy' | 'keep';
      genid?: () => string;
      cookie: CookieOptions;
    }
    abstract class Store extends EventEmitter {
      abstract get(sid: string, done: (error: unknown, session?: SessionData | null) => void): void;
      abstract set(sid: string, session: SessionData, done?: (error?: unknown) => void): void;
      abstract destroy(sid: string, done?: (error?: unknown) => void): void;
      touch?(sid: string, session: SessionData, done?: (error?: unknown) => void): void;
    }
  }

  function session(options: session.SessionOptions): RequestHandler;
  export = session;
}

declare namespace Express {
  interface Request {
    session: import('express-session').Session;
    sessionID: string;
  }
}
