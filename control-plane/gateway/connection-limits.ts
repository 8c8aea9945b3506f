// What a client may cost before it has asked for anything that a key allows: time for its head and its body, time in
// which it takes nothing of its answer, connections, and bytes of bodies that are held at once. And what an engine may
// cost that does not end.

export interface ConnectionLimits {
  /** For the head of a request. */
  readonly headersMs: number;
  /** For its body. */
  readonly bodyMs: number;
  /** A client that takes nothing of its answer for this long is taken to have left: it holds a place of the engine. */
  readonly stalledMs: number;
  /** Connections at a time; one more is closed at once. */
  readonly connections: number;
  /** Between two comments to one who streams and waits for a place. */
  readonly heartbeatMs: number;
  /** Bytes of bodies of requests that are not answered yet; one key may hold half of them. */
  readonly heldBodyBytes: number;
  /** Largest answer, whole or streamed; an engine that sends more is broken. */
  readonly answerBytes: number;
}

export const CONNECTION_LIMITS: ConnectionLimits = {
  headersMs: 10_000,
  bodyMs: 30_000,
  stalledMs: 60_000,
  connections: 8192,
  heartbeatMs: 5000,
  heldBodyBytes: 64 * 1024 * 1024,
  answerBytes: 64 * 1024 * 1024,
};
