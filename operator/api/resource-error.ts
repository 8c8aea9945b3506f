// The expected failures of a ResourceStore, with the HTTP codes that the Kubernetes API gives them. Imports nothing.
import type { Problem } from './resource.ts';

const CODES = { invalid: 422, notFound: 404, conflict: 409, expired: 410, unavailable: 503 } as const;

export type ResourceErrorReason = keyof typeof CODES;

export class ResourceError extends Error {
  readonly reason: ResourceErrorReason;
  /** 422, 404, 409, 410 (the version asked for is too old or unknown: list again) or 503. */
  readonly code: number;
  /** Of `invalid`: what is wrong with which field. */
  readonly problems: readonly Problem[];

  constructor(
    reason: ResourceErrorReason,
    message: string,
    options: ErrorOptions & { problems?: readonly Problem[] } = {},
  ) {
    super(message, options);
    this.name = 'ResourceError';
    this.reason = reason;
    this.code = CODES[reason];
    this.problems = options.problems ?? [];
  }
}
