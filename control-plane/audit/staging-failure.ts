// What a failed INSERT says about the rows: that they are surely not there, or that nobody knows.
// Imports nothing of ours.

/**
 * `refused`: rolled back, may be tried again as it is. `data`: rolled back, and would be again. `duplicate`: a receipt
 * is there already. `unknown`: the connection was lost or silent, so it may have been committed.
 */
export type FailureKind = 'refused' | 'data' | 'duplicate' | 'unknown';

const UNIQUE_VIOLATION = '23505';

/** SQLSTATE classes (PostgreSQL, Appendix A) of an answer that the server gave on the statement itself. */
export function classifyFailure(error: unknown): FailureKind {
  const code = (error as { code?: unknown }).code;
  // Errors of the server have a severity; those of the socket (ECONNRESET...) and of the driver's clock do not.
  if (typeof code !== 'string' || (error as { severity?: unknown }).severity === undefined) return 'unknown';
  if ((error as { severity: unknown }).severity !== 'ERROR') return 'unknown'; // FATAL ends the session, at any moment
  if (code === UNIQUE_VIOLATION) return 'duplicate';
  return code.startsWith('22') || code.startsWith('23') ? 'data' : 'refused';
}
