import { z } from 'zod';
import { PageQuery, Time } from './base.ts';
import { Resource } from './operate.ts';

/** A rule that has a say about a scope, with the terms it states. */
const ScopeRule = z.object({
  id: z.string(),
  effect: z.enum(['permit', 'forbid']),
  file: z.string(),
  line: z.number().int(),
  /** `Team::"support"`; absent: anyone. */
  principal: z.string().optional(),
  text: z.string(),
  ttl: z.number().int().optional(),
  approvals: z.number().int(),
  approvers: z.array(z.string()),
  leases: z.number().int().optional(),
  mode: z.literal('login').optional(),
  budget: z.string().optional(),
  note: z.string().optional(),
});

export const ResourceDetail = Resource.extend({
  /** Gaps of `probe` that the resource file takes knowingly. */
  accepted_gaps: z.array(z.string()),
  file: z.string().optional(),
  line: z.number().int().optional(),
  bundle_version: z.number().int().optional(),
  scope_details: z.array(
    z.object({
      scope: z.string(),
      effect: z.string(),
      description: z.string(),
      /** Seconds. */
      max_ttl: z.number().int(),
      /** What the provider is told, as the file says it. */
      constraints: z.unknown(),
      rules: z.array(ScopeRule),
    }),
  ),
  template_details: z.array(
    z.object({
      template: z.string(),
      source: z.string(),
      personal: z.array(z.string()),
      masking: z.record(z.string(), z.record(z.string(), z.string())),
    }),
  ),
});
export type ResourceDetail = z.infer<typeof ResourceDetail>;

export const AuditQuery = PageQuery.extend({
  subject: z.string().max(200).optional(),
  actor: z.string().max(200).optional(),
  /** A whole action (`lease.issued`), or the noun of several (`lease`). */
  action: z.string().max(100).optional(),
  /** Not before this moment. */
  since: Time.optional(),
  /** Before this moment. */
  until: Time.optional(),
});

/** `<seq>:<hash>` as a head is kept outside. */
export const VerifyRequest = z.strictObject({
  head: z
    .string()
    .trim()
    .regex(
      /^[1-9][0-9]{0,15}:[0-9a-f]{64}$/,
      'number and hash of an entry: 1234:9f2c… (64 hex digits)',
    )
    .optional(),
});

/** One line of the answer: how far it is, and last the verdict. */
export const VerifyLine = z.union([
  z.object({ checked: z.number().int(), of: z.number().int() }),
  z.object({
    verdict: z.object({
      ok: z.boolean(),
      entries: z.number().int(),
      head: z.string(),
      anchored: z.boolean(),
      anchor: z.enum(['given', 'witness', 'none']),
      first_bad: z.object({ seq: z.number().int(), problem: z.string() }).optional(),
    }),
  }),
]);
export type VerifyLine = z.infer<typeof VerifyLine>;
