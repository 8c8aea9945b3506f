// One request to an engine and its answer as it comes. Takes undici's own events rather than its streams, which cost
// more than all the rest of passing a short answer on. Bytes that nobody has taken yet are bounded: beyond that the
// engine waits. Imports undici's types.

import type { Dispatcher } from 'undici';

/** What an engine may be ahead of the client. */
const MAX_AHEAD_BYTES = 64 * 1024;
/** The rest of an answer that nobody wants is read up to here, so that its connection can be used again. */
const MAX_UNWANTED_BYTES = 128 * 1024;

/** Where requests to one engine go. */
export type EngineDoor = Pick<Dispatcher, 'dispatch'>;

export class EngineCall implements Dispatcher.DispatchHandler {
  readonly #begun = Promise.withResolvers<number>();
  #controller: Dispatcher.DispatchController | undefined;
  #chunks: Buffer[] = [];
  #aheadBytes = 0;
  #isOver = false;
  #error: unknown;
  #waiting: PromiseWithResolvers<void> | undefined;

  /** Sends the request; resolves with the status of the answer. Rejects with the reason of an `abort`, at once. */
  send(door: EngineDoor, options: Dispatcher.DispatchOptions): Promise<number> {
    if (!this.#isOver) door.dispatch(options, this);
    return this.#begun.promise;
  }

  /** The next bytes; undefined at the end. Rejects where the engine broke off, or with the reason of an `abort`. */
  async next(): Promise<Buffer | undefined> {
    while (this.#chunks.length === 0 && !this.#isOver) {
      this.#waiting = Promise.withResolvers();
      await this.#waiting.promise;
    }
    if (this.#error !== undefined) throw this.#error;
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return undefined;
    this.#aheadBytes -= chunk.length;
    if (this.#controller?.paused === true && this.#aheadBytes < MAX_AHEAD_BYTES) this.#controller.resume();
    return chunk;
  }

  /** Drops what is left of the answer. */
  async dump(): Promise<void> {
    let bytes = 0;
    try {
      for (let chunk = await this.next(); chunk !== undefined; chunk = await this.next()) {
        bytes += chunk.length;
        if (bytes > MAX_UNWANTED_BYTES) return;
      }
    } catch {
      // It is unwanted anyway.
    } finally {
      this.close();
    }
  }

  /** Nothing more is wanted of it. */
  close(): void {
    if (!this.#isOver) this.abort(new Error('the rest of the answer is not wanted'));
  }

  /** Ends the engine's work; once the answer is complete it does nothing. */
  abort(reason: unknown): void {
    if (this.#isOver) return;
    this.#fail(reason);
    this.#controller?.abort(asError(reason));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Aborted while it waited for a connection.
    if (this.#isOver) controller.abort(asError(this.#error));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    if (status >= 200) this.#begun.resolve(status);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isOver) return;
    this.#chunks.push(chunk);
    this.#aheadBytes += chunk.length;
    if (this.#aheadBytes >= MAX_AHEAD_BYTES) controller.pause();
    this.#wake();
  }

  onResponseEnd(): void {
    this.#isOver = true;
    this.#wake();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error);
  }

  #fail(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#error = reason ?? new Error('aborted');
    this.#chunks = [];
    this.#begun.reject(this.#error);
    // Nobody may be waiting for it: its headers had come.
    this.#begun.promise.catch(() => undefined);
    this.#wake();
  }

  #wake(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted');
}
