import { z } from 'zod';
import { OPERATION_STATES } from '../../domain/operation.ts';
import { BlastRadius } from './approvals.ts';
import { ScopeId, Time } from './base.ts';

/** A value of a statement. Numbers that JSON cannot carry exactly are sent as strings. */
const Parameter = z.union([
  z.string().max(65_536),
  z.number().refine((value) => !Number.isInteger(value) || Number.isSafeInteger(value), {
    message: 'too large to be exact: send it as a string',
  }),
  z.boolean(),
  z.null(),
]);

/** One statement with its values, or the changes of a sandbox lease. */
export const OperationCreate = z
  .strictObject({
    scope: ScopeId,
    sql: z.string().min(1).max(65_536).optional(),
    params: z.array(Parameter).max(1_000).optional(),
    lease: z.string().max(100).optional(),
  })
  .refine(({ sql, lease }) => (sql === undefined) !== (lease === undefined), {
    message: 'send either sql or lease',
    path: ['sql'],
  })
  .refine(({ lease, params }) => lease === undefined || params === undefined, {
    message: 'belongs to sql',
    path: ['params'],
  });

/** Seconds to wait until it is over. */
export const OperationQuery = z.strictObject({
  wait: z.coerce.number().int().min(0).max(30).default(0),
});

export const Operation = z.object({
  id: z.string(),
  kind: z.enum(['statement', 'sandbox']),
  task_id: z.string(),
  agent_id: z.string(),
  resource: z.string(),
  scope: z.string(),
  effect: z.string(),
  state: z.enum(OPERATION_STATES),
  /** SHA-256 over the RFC 8785 form of the exact operation: what an approval is about. */
  digest: z.string(),
  tables: z.array(z.string()),
  blast_radius: BlastRadius,
  approval_id: z.string().optional(),
  approval_uri: z.string().optional(),
  lease_id: z.string().optional(),
  /** Rows changed by table, as they were counted before COMMIT. */
  rows: z.record(z.string(), z.number().int()).optional(),
  /** Why it ended otherwise than well. */
  reason: z.string().optional(),
  created_at: Time,
  started_at: Time.optional(),
  ended_at: Time.optional(),
});
export type Operation = z.infer<typeof Operation>;

/** What each statement answered; values as PostgreSQL writes them as text. */
export const OperationResult = z.object({
  results: z.array(
    z.object({
      columns: z.array(z.object({ name: z.string(), type: z.string() })),
      rows: z.array(z.array(z.string().nullable())),
      row_count: z.number().int(),
    }),
  ),
});
