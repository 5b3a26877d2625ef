/** The broker's clock, disciplined by the database's. */
export interface Clock {
  /** Unix milliseconds; never goes back within a process. */
  now(): number;
  /** Milliseconds of a monotonic clock, for measuring. */
  monotonic(): number;
}
