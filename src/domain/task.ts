export const TASK_TTL_SECONDS = { default: 3_600, longest: 28_800 } as const;

/** One unit of an agent's work; everything issued hangs below it and ends with it. */
export interface Task {
  readonly id: string;
  readonly agentId: string;
  /** The agent's own words (or the operator's who opened it). */
  readonly purpose: string;
  readonly ticket?: string;
  /** Set only where an operator opened the task, or a configured look-up confirmed the ticket. */
  readonly verifiedTicket?: string;
  readonly openedBy: 'agent' | 'operator';
  readonly state: 'open' | 'closed' | 'expired';
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly endedAt?: number;
  readonly endReason?: string;
}

/** Is the task still good at `now` (Unix milliseconds of the database clock)? */
export function isLive(task: Pick<Task, 'endedAt' | 'expiresAt'>, now: number): boolean {
  return task.endedAt === undefined && task.expiresAt > now;
}
