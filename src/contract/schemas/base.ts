import { z } from 'zod';

/** RFC 3339 UTC, milliseconds. */
export const Time = z.iso.datetime();
export const Reason = z.string().trim().min(1).max(500);
export const Name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_.-]{0,62}$/, 'lower-case letters, digits, "_", "." and "-", 63 at most');
export const ScopeId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_.-]{0,62}:[a-z0-9][a-z0-9_.-]{0,62}$/, 'resource:name');

/** Query of every list: `?limit=&cursor=`. */
export const PageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional(),
});

/** Answer of every list. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), next_cursor: z.string().nullable() });
}

export const Hint = z.object({
  rule: z.string().optional(),
  alternatives: z.array(z.string()).optional(),
  how: z.string().optional(),
});

/** RFC 9457 problem+json. */
export const Problem = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.string(),
  detail: z.string(),
  field: z.string().optional(),
  hint: Hint.optional(),
  problems: z
    .array(
      z.object({ file: z.string().optional(), line: z.number().optional(), message: z.string() }),
    )
    .optional(),
  request_id: z.string(),
});
export type Problem = z.infer<typeof Problem>;
