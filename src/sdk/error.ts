import { Problem } from '../contract/schemas/base.ts';

/** Codes the SDK itself gives; every other code comes from the broker (`docs/errors.md`). */
export type LocalErrorCode =
  | 'unreachable'
  | 'timeout'
  | 'aborted'
  | 'unexpected_response'
  | 'invalid_request';

interface ErrorParts {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly hint?: Problem['hint'];
  readonly requestId?: string;
  readonly retryAfterSeconds?: number;
  readonly problem?: Problem;
  /** Members of the body beyond the standard ones, e.g. `approval_id`. */
  readonly members?: Readonly<Record<string, unknown>>;
}

/** The one error the SDK throws. `detail` is safe to show; it never holds a token or a key. */
export class CountersignError extends Error {
  readonly status: number;
  /** A code of `docs/errors.md`, or a {@link LocalErrorCode} where the broker gave none. */
  readonly code: string;
  readonly detail: string;
  /** Which rule decided, what is allowed instead, how to ask. */
  readonly hint: Problem['hint'];
  readonly requestId: string | undefined;
  /** Seconds to wait before the same request may work, where the broker said so. */
  readonly retryAfterSeconds: number | undefined;
  /** The whole RFC 9457 body, where there was one. */
  readonly problem: Problem | undefined;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(parts: ErrorParts, cause?: unknown) {
    super(`${parts.code}: ${parts.detail}`, cause === undefined ? undefined : { cause });
    this.name = 'CountersignError';
    this.status = parts.status;
    this.code = parts.code;
    this.detail = parts.detail;
    this.hint = parts.hint;
    this.requestId = parts.requestId;
    this.retryAfterSeconds = parts.retryAfterSeconds;
    this.problem = parts.problem;
    this.members = parts.members ?? {};
  }
}

/** An error that arose here, without an answer of the broker or with one nobody can read. */
export function localError(
  code: LocalErrorCode,
  detail: string,
  status = 0,
  cause?: unknown,
): CountersignError {
  return new CountersignError({ status, code, detail }, cause);
}
