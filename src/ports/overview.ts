import type { AuditEntry } from '../audit/entry.ts';
import type { RevocableTarget } from './endings.ts';

/** What is alive just now. */
export interface LiveFigures {
  readonly openTasks: number;
  readonly liveLeases: number;
  readonly overdueLeases: number;
  readonly standingStops: number;
  readonly pendingApprovals: number;
  readonly byResource: readonly {
    readonly resource: string;
    readonly live: number;
    readonly overdue: number;
  }[];
}

/** How often something was recorded in one hour. */
export interface HourOfAudit {
  /** Start of the hour, Unix milliseconds. */
  readonly hour: number;
  readonly action: string;
  readonly count: number;
}

/** What a revocation would end: how many, and the newest few. */
export interface WouldEnd {
  readonly count: number;
  readonly ids: readonly string[];
}

export type RevocationPreview = Readonly<
  Record<'tasks' | 'grants' | 'tokens' | 'leases', WouldEnd>
>;

/** Reads for people who look at the whole; nothing here decides anything. */
export interface OverviewStore {
  live(): Promise<LiveFigures>;
  /**
   * Entries of the last `hours` by hour and action, looking at the newest `most` entries only.
   * @returns also since when it looked, Unix milliseconds
   */
  activity(
    actions: readonly string[],
    hours: number,
    most: number,
  ): Promise<{ readonly since: number; readonly rows: readonly HourOfAudit[] }>;
  /** The newest entries about a task and all that hangs below it, newest first. */
  story(taskId: string, limit: number): Promise<AuditEntry[]>;
  /** What `revoke` would end now. */
  wouldEnd(target: RevocableTarget): Promise<RevocationPreview>;
}
