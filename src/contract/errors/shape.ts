/** How one error code looks outside. */
export interface ErrorShape {
  /** HTTP status on the JSON API. */
  readonly status: number;
  readonly title: string;
  /** May the same request succeed later without a change? */
  readonly retryable: boolean;
  /** `error` of the RFC 6749 §5.2 body on OAuth endpoints; absent: the HTTP status alone speaks. */
  readonly oauthError?: string;
  /** HTTP status on OAuth endpoints where it differs. */
  readonly oauthStatus?: number;
  /** What the caller does next: one sentence for `docs/errors.md`. */
  readonly next: string;
}
