import { z } from 'zod';
import { EFFECTS } from '../../domain/effect.ts';
import { ScopeId, Time } from './base.ts';

const Names = z.array(z.string()).readonly();
const Effect = z.enum(EFFECTS);
const NamedChanges = z.object({ added: Names, removed: Names, changed: Names });

/** What a bundle answers, its terms as they would be issued. */
const Access = z.object({
  outcome: z.enum(['allow', 'deny', 'require_approval']),
  rules: Names,
  reason: z.string().optional(),
  /** Seconds. */
  ttl: z.number().int().optional(),
  approvals: z
    .array(z.object({ rule: z.string(), count: z.number().int(), groups: Names }))
    .readonly()
    .optional(),
  leases: z.number().int().optional(),
  mode: z.literal('login').optional(),
  budget: z.string().optional(),
  notes: Names.optional(),
});

const Subject = z.union([
  z.object({ agent: z.string() }),
  z.object({ team: z.string() }),
  z.object({ anyone: z.literal(true) }),
]);
const Term = z.enum(['approvals', 'ttl', 'leases', 'mode', 'budget', 'notes']);

/** Agents that no rule can tell apart. `agents`: their names; none where there is only the team. */
const Audience = z.object({
  subject: Subject,
  agents: Names,
  state: z.enum(['new', 'gone']).optional(),
});

/** These audiences gain, lose or get other terms for these scopes, in these situations. */
export const DiffRow = z.object({
  /** Positions in `audiences`. */
  audiences: z.array(z.number().int()).readonly(),
  scopes: Names,
  actions: z.array(Effect).readonly(),
  /** `always`, or the situations in words. */
  when: z.string(),
  /** Positions in `assumed.situations`. */
  situations: z.array(z.number().int()).readonly(),
  change: z.enum(['gained', 'lost', 'terms', 'rules']),
  looser: z.array(Term).readonly(),
  tighter: z.array(Term).readonly(),
  /** The scopes lie in a protected environment, or did. */
  protected: z.boolean(),
  before: Access,
  after: Access,
});
export type DiffRow = z.infer<typeof DiffRow>;

/** The facts of one situation, as rules read them: `context` in Cedar. */
const Situation = z.object({
  task: z.object({
    id: z.string(),
    opened_by: z.enum(['agent', 'operator']),
    opened_at: z.number(),
    verified_ticket: z.string().optional(),
  }),
  time: z.object({
    unix: z.number(),
    hour: z.number(),
    minute: z.number(),
    weekday: z.number(),
  }),
  claimed: z.object({ purpose: z.string().optional(), ticket: z.string().optional() }),
});

/** What a bundle would change against the active one. */
export const BundleDiff = z.object({
  files: NamedChanges,
  environments: NamedChanges,
  teams: NamedChanges,
  agents: NamedChanges,
  groups: NamedChanges,
  resources: NamedChanges,
  scopes: NamedChanges,
  rules: NamedChanges,
  /** Rules whose annotations differ. */
  terms: Names,
  audiences: z.array(Audience).readonly(),
  decisions: z.array(DiffRow).readonly(),
  assumed: z.object({
    /** Each stands for all situations that the rules cannot tell from it. */
    situations: z.array(z.object({ text: z.string(), context: Situation })).readonly(),
    /** No other situation would show another change. */
    complete: z.boolean(),
    notes: Names,
  }),
  /** What gives more in a protected environment than there was: what needs an approval. */
  widens: z.array(z.object({ kind: z.string(), text: z.string() })).readonly(),
  /** Hex SHA-256 over the RFC 8785 form of what changes. */
  digest: z.string(),
});
export type BundleDiff = z.infer<typeof BundleDiff>;

export const BundleDetail = z.object({
  version: z.number().int(),
  digest: z.string(),
  note: z.string(),
  author: z.string(),
  active: z.boolean(),
  created_at: Time,
  /** File path inside the bundle → text. */
  files: z.record(z.string(), z.string()),
});

export const WhoCanQuery = z.strictObject({ scope: ScopeId, action: Effect.optional() });
const Opening = z.object({ when: z.string(), access: Access });
export const WhoCan = z.object({
  scope: z.string(),
  action: Effect,
  items: z.array(Opening.extend({ subject: Subject, agents: Names })),
  /** Situations that were not looked at, as sentences. */
  notes: z.array(z.string()),
});

export const WhatCanQuery = z.strictObject({ agent: z.string().max(100) });
export const WhatCan = z.object({
  agent: z.object({ id: z.string(), name: z.string(), teams: z.array(z.string()) }),
  items: z.array(
    Opening.extend({
      scope: z.string(),
      resource: z.string(),
      environment: z.string(),
      protected: z.boolean(),
      action: Effect,
    }),
  ),
  notes: z.array(z.string()),
});

/** 202: the change widens a protected environment, and is made once this approval is given. */
export const ActivateQuery = z.strictObject({
  /** The version it was compared with (0: none). Where another is active by now: 409. */
  from: z.coerce.number().int().min(0).optional(),
});

export const WideningAsked = z.object({
  state: z.literal('pending'),
  approval_id: z.string(),
  /** Where an admin sees it and answers. */
  approval_uri: z.string(),
  expires_at: Time,
  /** Who gains what, as sentences. */
  widens: z.array(z.string()),
});
export type WideningAsked = z.infer<typeof WideningAsked>;
