// COPY as Node streams on a connection of `pg`: rows as PostgreSQL writes them, whatever their number, with the pace of
// the slower side. Imports nothing of ours.

import { Readable, Writable } from 'node:stream';
import type { ClientBase, Submittable } from 'pg';

/** What `pg` hands to a query of one's own; its types do not say so. */
interface CopyConnection {
  readonly stream: {
    pause(): void;
    resume(): void;
    once(event: 'drain', then: () => void): void;
    readonly writableNeedDrain: boolean;
  };
  query(sql: string): void;
  sendCopyFromChunk(chunk: Uint8Array): void;
  endCopyFrom(): void;
  sendCopyFail(reason: string): void;
}

interface CommandComplete {
  /** `COPY 42` */
  readonly text?: string;
}

/** The rows of `COPY ... TO STDOUT`; `rowCount` is known at the end. */
export function copyOut(client: ClientBase, sql: string): CopyOut {
  return client.query(new CopyOut(sql) as unknown as Submittable) as unknown as CopyOut;
}

/** Takes the rows of `COPY ... FROM STDIN`; `rowCount` is known at the end. */
export function copyIn(client: ClientBase, sql: string): CopyIn {
  return client.query(new CopyIn(sql) as unknown as Submittable) as unknown as CopyIn;
}

export class CopyOut extends Readable {
  rowCount = 0;
  readonly #sql: string;
  #connection: CopyConnection | undefined;

  constructor(sql: string) {
    super();
    this.#sql = sql;
  }

  submit(connection: CopyConnection): void {
    this.#connection = connection;
    connection.query(this.#sql);
  }

  handleCopyData({ chunk }: { readonly chunk: Uint8Array }): void {
    // A copy: the driver uses its buffer again for what comes next.
    if (!this.push(Buffer.from(chunk))) this.#connection?.stream.pause();
  }

  handleCommandComplete(message: CommandComplete): void {
    this.rowCount = rowsOf(message);
  }

  handleReadyForQuery(): void {
    this.push(null);
  }

  handleError(error: Error): void {
    this.destroy(error);
  }

  override _read(): void {
    this.#connection?.stream.resume();
  }

  /** Whoever does not want the rest must not leave the connection standing still. */
  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#connection?.stream.resume();
    done(error);
  }
}

export class CopyIn extends Writable {
  rowCount = 0;
  readonly #sql: string;
  #connection: CopyConnection | undefined;
  #start: (() => void) | undefined;
  #isOpen = false;
  #end: ((error?: Error) => void) | undefined;

  constructor(sql: string) {
    super();
    this.#sql = sql;
  }

  submit(connection: CopyConnection): void {
    this.#connection = connection;
    connection.query(this.#sql);
  }

  handleCopyInResponse(): void {
    this.#isOpen = true;
    this.#begin();
  }

  handleCommandComplete(message: CommandComplete): void {
    this.rowCount = rowsOf(message);
  }

  handleReadyForQuery(): void {
    this.#end?.();
  }

  handleError(error: Error): void {
    this.#isOpen = false;
    this.#begin(); // a stream that was never constructed could not be destroyed
    this.destroy(error);
  }

  #begin(): void {
    const start = this.#start;
    this.#start = undefined;
    start?.();
  }

  override _construct(done: () => void): void {
    this.#start = done;
  }

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    const connection = this.#connection;
    connection?.sendCopyFromChunk(chunk);
    if (connection?.stream.writableNeedDrain === true) connection.stream.once('drain', done);
    else done();
  }

  override _final(done: (error?: Error) => void): void {
    this.#end = done;
    this.#isOpen = false;
    this.#connection?.endCopyFrom();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (this.#isOpen) this.#connection?.sendCopyFail('the source ended too early');
    this.#isOpen = false;
    done(error);
  }
}

function rowsOf({ text }: CommandComplete): number {
  return Number(/^COPY (\d+)$/.exec(text ?? '')?.[1] ?? 0);
}
