// The stage in which a request waits for a place of an engine. Who streams hears comments meanwhile (SSE), so that
// nothing between us and the client takes the silence for the end. With the first comment the headers are out: the
// receipt that they name is promised, and the next record of this request bears it; an error that follows is an event.

import type { AuditLog } from '../audit/audit-log.ts';
import { fail } from '../errors.ts';
import { chooseReplica, type SeatRequest } from './choose-replica.ts';
import type { Redacted } from './exchange.ts';
import { beginStream } from './relay-stream.ts';
import type { Seat } from './waiting-line.ts';

export interface SeatParts {
  readonly audit: Pick<AuditLog, 'newReceipt'>;
  /** Time between two comments. */
  readonly heartbeatMs: number;
}

export interface TakenSeat extends Seat {
  /** What is known of the model may be another by now. */
  readonly waited: boolean;
}

/** As chooseReplica; a client that leaves while it waits is the AppError `client_left`, which goes on the record. */
export async function takeSeat(
  redacted: Redacted,
  request: Omit<SeatRequest, 'lane' | 'signal'>,
  parts: SeatParts,
): Promise<TakenSeat> {
  const { caller, signal, target } = redacted;
  const seating = chooseReplica(target, { ...request, lane: caller, signal });
  if ('seat' in seating) return { ...seating.seat, waited: false };
  const timer = redacted.parsed.stream ? setInterval(() => beat(redacted, parts), parts.heartbeatMs) : undefined;
  try {
    return { ...(await seating.wait), waited: true };
  } catch (error) {
    throw signal.aborted ? fail('client_left', { detail: 'The client left while its request waited.' }) : error;
  } finally {
    clearInterval(timer);
  }
}

function beat({ response, promised }: Redacted, { audit }: SeatParts): void {
  if (response.destroyed || response.writableEnded) return;
  if (!response.headersSent) {
    promised.receipt = audit.newReceipt();
    beginStream(response, promised.receipt);
  }
  // One who takes nothing needs no more of them.
  if (!response.writableNeedDrain) response.write(': waiting for a place\n\n');
}
