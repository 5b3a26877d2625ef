import { z } from 'zod';
import { CountersignError } from './error.ts';

const Members = z.object({
  approval_id: z.string(),
  approval_uri: z.string(),
  auth_req_id: z.string(),
  interval: z.number().int().min(1),
  expires_in: z.number().int(),
  authorization_details: z.array(z.looseObject({ task_id: z.string().optional() })).optional(),
});

/** A token request that waits for persons. */
export interface PendingApproval {
  readonly approval_id: string;
  /** Where people answer it: a link without authority. */
  readonly approval_uri: string;
  /** What the token is collected with. Keep it to yourself. */
  readonly auth_req_id: string;
  /** Seconds between polls. */
  readonly interval: number;
  /** Seconds until nobody can answer any more. */
  readonly expires_in: number;
  /** The task that was opened for it, or continued. */
  readonly task_id?: string;
}

/** What to wait for, where `mintToken` threw because persons have to approve first; undefined for any other error. */
export function pendingApproval(error: unknown): PendingApproval | undefined {
  if (!(error instanceof CountersignError) || error.code !== 'approval_required') return undefined;
  const read = Members.safeParse(error.members);
  if (!read.success) return undefined;
  const { authorization_details: details, ...pending } = read.data;
  const task = details?.find(({ task_id: id }) => id !== undefined)?.task_id;
  return { ...pending, ...(task === undefined ? {} : { task_id: task }) };
}
