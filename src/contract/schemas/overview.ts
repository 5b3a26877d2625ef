import { z } from 'zod';
import { Time } from './base.ts';
import { Grant, Lease, Task } from './tasks.ts';

const count = z.number().int();

/** One audit entry, told: `text` follows the name of its actor. */
const Told = z.object({
  seq: count,
  time: Time,
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  text: z.string(),
});

export const Overview = z.object({
  now: z.object({
    open_tasks: count,
    pending_approvals: count,
    live_leases: count,
    overdue_leases: count,
    standing_stops: count,
  }),
  leases_by_resource: z.array(
    z.object({
      resource: z.string(),
      environment: z.string().optional(),
      protected: z.boolean(),
      live: count,
      overdue: count,
    }),
  ),
  denials_24h: count,
  /** The last 24 hours; `hour` is when it began. */
  activity: z.array(
    z.object({ hour: Time, minted: count, issued: count, denied: count, approved: count }),
  ),
  /** Later than 24 hours ago where the audit is too busy to look at all of it. */
  activity_since: Time,
  timeline: z.array(Told),
});
export type Overview = z.infer<typeof Overview>;

export const TaskStory = z.object({
  task: Task,
  items: z.array(Told),
  grants: z.array(Grant),
  leases: z.array(Lease),
});
export type TaskStory = z.infer<typeof TaskStory>;

const WouldEnd = z.object({ count, ids: z.array(z.string()) });
export const RevocationPreview = z.object({
  tasks: WouldEnd,
  grants: WouldEnd,
  tokens: WouldEnd,
  leases: WouldEnd,
});
export type RevocationPreview = z.infer<typeof RevocationPreview>;
