import { z } from 'zod';
import { Time } from './base.ts';

/** A way to reach people outside the console. */
export const Channel = z.object({
  channel: z.string(),
  /** Notices on their way. */
  waiting: z.number().int(),
  /** Given up in the last 24 hours. */
  given_up: z.number().int(),
  last_delivered_at: Time.optional(),
  /** Why the last attempt failed. */
  last_error: z.string().optional(),
});
export type Channel = z.infer<typeof Channel>;
