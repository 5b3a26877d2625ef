import { z } from 'zod';
import { APPROVAL_KINDS, APPROVAL_STATES } from '../../domain/approval.ts';
import { PageQuery, Reason, Time } from './base.ts';
import { Assertion } from './webauthn.ts';

const ApprovalId = z.string().regex(/^apr_[0-9a-hjkmnp-tv-z]{26}$/, 'an approval id, apr_…');
const Decision = z.enum(['approve', 'deny']);

export const ApprovalListQuery = PageQuery.extend({
  state: z.enum(APPROVAL_STATES).optional(),
  kind: z.enum(APPROVAL_KINDS).optional(),
  agent: z.string().max(100).optional(),
  task: z.string().max(100).optional(),
});

/** Seconds to wait for an answer: the reply comes as soon as there is one. */
export const ApprovalQuery = z.strictObject({
  wait: z.coerce.number().int().min(0).max(30).default(0),
});

export const BlastRadius = z.object({
  rows: z.number().int().nullable(),
  bounds: z.record(z.string(), z.tuple([z.number().int(), z.number().int()])),
  cascades: z.array(z.object({ table: z.string(), action: z.string(), rows: z.number().int() })),
  triggers: z.array(z.string()),
  backup: z.object({ at: z.string() }).nullable(),
  why: z.string().optional(),
});

/** Facts of the server about what is asked. Nothing here was written by the agent. */
const Card = z.object({
  agent: z.object({ id: z.string(), name: z.string(), owner: z.string() }).optional(),
  task: z
    .object({ id: z.string(), opened_by: z.string(), verified_ticket: z.string().optional() })
    .optional(),
  author: z.object({ id: z.string(), name: z.string() }).optional(),
  scope: z.string().optional(),
  resource: z.string().optional(),
  environment: z.object({ name: z.string(), protected: z.boolean() }).optional(),
  effect: z.string(),
  reversibility: z.enum(['reversible', 'irreversible', 'unknown']),
  /** What the provider would run or send. */
  plan: z.array(z.string()),
  blast_radius: BlastRadius.nullable(),
  tables: z.array(z.string()),
});

export const Approval = z.object({
  id: z.string(),
  kind: z.enum(APPROVAL_KINDS),
  state: z.enum(APPROVAL_STATES),
  /** Where people answer it: a link without authority. */
  approval_uri: z.string(),
  created_at: Time,
  expires_at: Time,
  decided_at: Time.nullable(),
  end_reason: z.string().nullable(),
  /** What it was used for: a grant, an operation or a bundle version. */
  used_by: z.string().nullable(),
  /** The exact object that is signed, and its canonical bytes as text (RFC 8785). */
  operation: z.record(z.string(), z.unknown()),
  operation_text: z.string(),
  operation_digest: z.string(),
  /** The same as `operation_digest`. */
  digest: z.string(),
  terms: z.record(z.string(), z.unknown()),
  terms_digest: z.string(),
  requirements: z.array(
    z.object({
      rule: z.string(),
      count: z.number().int(),
      groups: z.array(z.string()),
      have: z.number().int(),
      can_be_met: z.boolean(),
    }),
  ),
  /** Who answered is shown to operators only. */
  votes: z.array(
    z.object({
      operator: z.object({ id: z.string(), name: z.string() }).optional(),
      decision: Decision,
      at: Time,
      reason: z.string().optional(),
    }),
  ),
  card: Card,
  /** The agent's own words: hostile text, to be shown as such. */
  words: z.object({ purpose: z.string().optional(), ticket: z.string().optional() }),
  /** For the operator who asks: may he approve, and if not, why. */
  may_answer: z.union([z.literal(true), z.object({ no: z.string() })]),
});
export type Approval = z.infer<typeof Approval>;

export const ApprovalChallengeCreate = z.strictObject({
  ids: z.array(ApprovalId).min(1).max(20),
  decision: Decision,
});

export const ApprovalChallenge = z.object({
  challenge_id: z.string(),
  items: z.array(
    z.object({
      approval_id: z.string(),
      operation_digest: z.string(),
      terms_digest: z.string(),
    }),
  ),
  nonce: z.string(),
  expires_at: Time,
  /** `PublicKeyCredentialRequestOptions` in the JSON form of WebAuthn. */
  publicKey: z.record(z.string(), z.unknown()),
});

export const ApprovalAnswers = z.strictObject({
  challenge_id: z.string().max(100),
  /** A denial needs none. */
  assertion: Assertion.optional(),
  reason: Reason.optional(),
});

export const ApprovalAnswer = z.strictObject({
  decision: Decision,
  /** With an approval: the challenge of exactly this one, and the assertion over it. */
  challenge_id: z.string().max(100).optional(),
  assertion: Assertion.optional(),
  reason: Reason.optional(),
});

export const ApprovalWithdraw = z.strictObject({ reason: Reason.optional() });

/** Where each of them stands after an answer. */
export const AnsweredApprovals = z.object({ items: z.array(Approval) });
