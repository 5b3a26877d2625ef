import { z } from 'zod';
import { Reason, ScopeId, Time } from './base.ts';

export const TaskCreate = z.strictObject({
  purpose: z.string().trim().min(1).max(500),
  ticket: z.string().trim().min(1).max(100).optional(),
  /** Required from an operator, refused from an agent. */
  agent: z.string().max(100).optional(),
  /** Seconds; 1 h by default, 8 h at most. */
  ttl: z.number().int().min(1).max(28_800).optional(),
});

export const Task = z.object({
  id: z.string(),
  agent_id: z.string(),
  purpose: z.string(),
  ticket: z.string().optional(),
  verified_ticket: z.string().optional(),
  opened_by: z.enum(['agent', 'operator']),
  state: z.enum(['open', 'closed', 'expired']),
  created_at: Time,
  expires_at: Time,
  ended_at: Time.optional(),
  end_reason: z.string().optional(),
});
export type Task = z.infer<typeof Task>;

export const TaskClose = z.strictObject({ reason: Reason.optional() });

export const Grant = z.object({
  id: z.string(),
  task_id: z.string(),
  agent_id: z.string(),
  scopes: z.array(z.string()),
  audience: z.string(),
  bundle_version: z.number().int(),
  rules: z.array(z.string()),
  created_at: Time,
  expires_at: Time,
  ended_at: Time.optional(),
  end_reason: z.string().optional(),
});
export type Grant = z.infer<typeof Grant>;

export const TokenRecord = z.object({
  jti: z.string(),
  grant_id: z.string().optional(),
  task_id: z.string().optional(),
  agent_id: z.string(),
  scope: z.string(),
  issued_at: Time,
  expires_at: Time,
  revoked_at: Time.optional(),
});
export type TokenRecord = z.infer<typeof TokenRecord>;

export const LeaseCreate = z.strictObject({ scope: ScopeId });

export const Lease = z.object({
  id: z.string(),
  task_id: z.string(),
  grant_id: z.string(),
  agent_id: z.string(),
  resource: z.string(),
  scope: z.string(),
  /** The broker's own, for this operation: nobody holds its credential. */
  operation_id: z.string().optional(),
  state: z.enum(['reserved', 'active', 'revoking', 'revoked', 'abandoned']),
  created_at: Time,
  expires_at: Time,
  ended_at: Time.optional(),
  end_reason: z.string().optional(),
  dead_ms: z.number().optional(),
  overdue_since: Time.optional(),
  attempts: z.number().int().optional(),
  last_error: z.string().optional(),
});
export type Lease = z.infer<typeof Lease>;

/** What shows that the credential is dead although the broker could not prove it. */
export const LeaseAbandon = z.strictObject({ evidence: z.string().trim().min(1).max(2_000) });

export const IssuedLease = z.object({
  lease: Lease,
  credential: z.looseObject({ type: z.string() }),
  /** No secret: e.g. which columns may be read. */
  info: z.record(z.string(), z.unknown()).optional(),
});
export type IssuedLease = z.infer<typeof IssuedLease>;

export const ScopeTerms = z.object({
  scope: z.string(),
  resource: z.string(),
  environment: z.string(),
  protected: z.boolean(),
  effect: z.string(),
  description: z.string(),
  decision: z.enum(['allow', 'deny', 'require_approval']).optional(),
  rules: z.array(z.string()).optional(),
  ttl: z.number().int().optional(),
  leases: z.number().int().optional(),
});
export type ScopeTerms = z.infer<typeof ScopeTerms>;
