import { z } from 'zod';
import { Hint, Reason, ScopeId, Time } from './base.ts';
import { BundleDiff } from './policy.ts';

export const Resource = z.object({
  name: z.string(),
  kind: z.string(),
  environment: z.string(),
  protected: z.boolean(),
  owner: z.string(),
  audience: z.string().optional(),
  secret: z.string(),
  secret_set: z.boolean(),
  scopes: z.array(z.string()),
  /** Names of its templates, where it hands out sandboxes. */
  templates: z.array(z.string()).optional(),
});
export type Resource = z.infer<typeof Resource>;

export const Probe = z.object({
  resource: z.string(),
  reachable: z.boolean(),
  server_version: z.string().optional(),
  hardened: z.boolean(),
  findings: z.array(
    z.object({
      id: z.string(),
      severity: z.enum(['blocking', 'gap', 'advice']),
      message: z.string(),
      accepted: z.boolean(),
      sql: z.array(z.string()),
    }),
  ),
});
export type Probe = z.infer<typeof Probe>;

export const RotatedRoot = z.object({
  resource: z.string(),
  secret: z.string(),
  generation: z.number().int(),
  /** The resource refuses the old value now; false where it asks nobody for a password. */
  old_refused: z.boolean(),
});
export type RotatedRoot = z.infer<typeof RotatedRoot>;

const target = {
  agent: z.string().max(100).optional(),
  task: z.string().max(100).optional(),
  grant: z.string().max(100).optional(),
  token: z.string().max(100).optional(),
  lease: z.string().max(100).optional(),
  resource: z.string().max(100).optional(),
  all: z.literal(true).optional(),
};
const ONE_TARGET = 'name exactly one of agent, task, grant, token, lease, resource, all';
export const RevocationTarget = z
  .strictObject(target)
  .refine((body) => Object.keys(body).length === 1, { message: ONE_TARGET });
export type RevocationTarget = z.infer<typeof RevocationTarget>;
export const RevocationCreate = z
  .strictObject({ ...target, reason: Reason })
  .refine((body) => Object.keys(body).length === 2, { message: ONE_TARGET });
export type RevocationCreate = z.infer<typeof RevocationCreate>;

export const Revocation = z.object({
  id: z.string(),
  state: z.enum(['running', 'done']),
  ended: z.object({ tokens: z.number().int(), leases: z.number().int() }),
  stop_id: z.string().optional(),
});
export type Revocation = z.infer<typeof Revocation>;

export const Stop = z.object({
  id: z.string(),
  kind: z.enum(['agent', 'resource', 'all']),
  target: z.string().optional(),
  reason: z.string(),
  placed_by: z.string(),
  placed_at: Time,
  lifted_at: Time.optional(),
  lifted_by: z.string().optional(),
  lift_reason: z.string().optional(),
});
export type Stop = z.infer<typeof Stop>;

export const SecretName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]*(\/[a-z0-9][a-z0-9._-]*)*$/)
  .max(128);
export const SecretSet = z.strictObject({ value: z.string().min(1).max(65_536) });
export const SecretInfo = z.object({
  name: z.string(),
  generation: z.number().int(),
  created_at: Time,
});
export type SecretInfo = z.infer<typeof SecretInfo>;

export const AuditEntry = z.object({
  seq: z.number().int(),
  time: Time,
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  detail: z.record(z.string(), z.unknown()),
  prev: z.string(),
  hash: z.string(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;

/** File path inside the bundle → text. */
const BundleFiles = z.record(z.string().max(200), z.string().max(1_000_000));
export const BundleCreate = z.strictObject({
  files: BundleFiles,
  note: z.string().trim().max(500).default(''),
});
export const BundleCheck = z.strictObject({ files: BundleFiles });

const BundleTests = z.object({ passed: z.number().int(), failed: z.number().int() });
export const BundleStored = z.object({
  version: z.number().int(),
  digest: z.string(),
  diff: BundleDiff,
  tests: BundleTests,
  warnings: z.array(z.string()),
});
export const BundleChecked = BundleStored.omit({ version: true });
export const BundleInfo = z.object({
  version: z.number().int(),
  digest: z.string(),
  note: z.string(),
  author: z.string(),
  active: z.boolean(),
  created_at: Time,
});
export type BundleInfo = z.infer<typeof BundleInfo>;
export const Activation = z.object({
  version: z.number().int(),
  previous: z.number().int().nullable(),
});

export const ExplainRequest = z.strictObject({
  agent: z.string().max(100),
  scope: ScopeId,
  /** Facts to assume; what is left out is absent. */
  context: z
    .strictObject({
      verified_ticket: z.string().max(100).optional(),
      purpose: z.string().max(500).optional(),
      ticket: z.string().max(100).optional(),
    })
    .default({}),
});
export const Explanation = z.object({
  decision: z.enum(['allow', 'deny', 'require_approval']),
  scope: z.string(),
  agent: z.string(),
  rules: z.array(z.string()),
  considered: z.array(z.record(z.string(), z.unknown())),
  terms: z.record(z.string(), z.unknown()).optional(),
  errors: z.array(z.string()),
  hint: Hint.optional(),
});
