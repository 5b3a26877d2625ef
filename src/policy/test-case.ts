import type { Effect } from '../domain/effect.ts';
import type { Place } from './place.ts';

/** One case of `tests/*.yaml`: who asks for what, in which context, and what must come out. */
export interface TestCase extends Place {
  readonly name: string;
  /** Name of a declared agent, or any name or id together with `teams`. */
  readonly agent: string;
  readonly teams?: readonly string[];
  readonly scope: string;
  /** Effect of the operation at use; absent: the scope's own effect, as at mint. */
  readonly action?: Effect;
  readonly context: {
    readonly verified_ticket?: string;
    readonly opened_by?: 'agent' | 'operator';
    /** RFC 3339 UTC; absent: a Monday at noon, so that a test never depends on the day it runs. */
    readonly at?: string;
    readonly purpose?: string;
    readonly ticket?: string;
  };
  readonly expect: Expectation;
}

/** Only what is given is compared. Durations in seconds. */
export interface Expectation {
  readonly decision: 'allow' | 'deny' | 'require_approval';
  readonly reason?: string;
  /** Exactly these rules determined it. */
  readonly rules?: readonly string[];
  /** What would be issued: the shortest `@ttl`, never above the scope's `max_ttl`. */
  readonly ttlSeconds?: number;
  readonly approvals?: number;
  readonly approvers?: readonly string[];
  readonly leases?: number;
  readonly mode?: 'login';
}
