import type { JsonValue } from '../domain/strict-json.ts';

/**
 * Everything the audit can say happened: a closed list for writers. A verifier accepts any
 * well-formed name, so that an old one can read the chain of a newer broker.
 */
export const AUDIT_ACTIONS = [
  'broker.started',
  'broker.stopped',
  'journal.recovered',
  'installation.created',
  'signing_key.created',
  'signing_key.rotated',
  'signing_key.retired',
  'signing_key.removed',
  'master_key.rotating',
  'master_key.rotated',
  'agent.created',
  'agent.updated',
  'agent.keys_set',
  'agent.secret_set',
  'agent.secret_removed',
  'agent.suspended',
  'agent.resumed',
  'resource_server.created',
  'resource_server.secret_set',
  'resource_server.secret_removed',
  'operator_token.issued',
  'operator_token.revoked',
  'operator_token.break_glass',
  'set_up_link.issued',
  'operator.set_up',
  'operator.invited',
  'operator.joined',
  'operator.linked',
  'operator.signed_in',
  'operator.signed_out',
  'operator.stepped_up',
  'operator.role_changed',
  'operator.removed',
  'passkey.registered',
  'passkey.removed',
  'passkey.copy_suspected',
  'session.revoked',
  'task.opened',
  'task.closed',
  'task.expired',
  'decision.denied',
  'token.minted',
  'token.denied',
  'token.revoked',
  'grant.ended',
  'lease.issuing',
  'lease.issued',
  'lease.issue_failed',
  'lease.renewed',
  'lease.denied',
  'lease.revoking',
  'lease.revoked',
  'lease.overdue',
  'lease.watchdog',
  'lease.abandoned',
  'lease.reconciled',
  'approval.requested',
  'approval.answered',
  'approval.approved',
  'approval.denied',
  'approval.expired',
  'approval.withdrawn',
  'approval.superseded',
  'approval.used',
  'operation.requested',
  'operation.denied',
  'operation.started',
  'operation.succeeded',
  'operation.rolled_back',
  'operation.failed',
  'operation.superseded',
  'operation.unknown',
  'operation.result_given',
  'stop.placed',
  'stop.lifted',
  'revocation.accepted',
  'revocation.completed',
  'policy.stored',
  'policy.activated',
  'resource.probed',
  'resource.hardened',
  'secret.set',
  'secret.deleted',
  'secret.rotating',
  'secret.rotated',
  'secret.rotation_failed',
  'template.building',
  'template.ready',
  'template.failed',
  'template.dropped',
  'lease.compared',
  'audit.exported',
  'audit.verified',
  'restore.detected',
  'restore.accepted',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** What is to be recorded. Ids and facts only: personal data and agents' words go to `detail.sealed`. */
export interface AuditDraft {
  /** Who did it: an id (`agt_…`, `opr_host`, `rs_…`) or `broker`. */
  readonly actor: string;
  readonly action: AuditAction;
  /** What it was done to: an id, or `kind:name` for what has no id (`secret:orders-db/admin-url`). */
  readonly subject: string;
  readonly detail: AuditDetail;
}

export type AuditDetail = { readonly [name: string]: JsonValue };

/** One link of the chain, exactly the members of an export line. */
export interface AuditEntry {
  /** From 1, without gaps. */
  readonly seq: number;
  /** RFC 3339 UTC with milliseconds, from the database clock. */
  readonly time: string;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: AuditDetail;
  /** `hash` of the entry before, lower-case hex; 64 zeros for the first. */
  readonly prev: string;
  /** SHA-256 over the RFC 8785 form of the entry without `hash`, lower-case hex. */
  readonly hash: string;
}

/** The end of a chain: what a verifier compares with, and what the next entry links to. */
export interface AuditHead {
  readonly seq: number;
  readonly hash: string;
}

/** The head of an empty chain. */
export const GENESIS: AuditHead = { seq: 0, hash: '0'.repeat(64) };

const HEAD = /^([1-9][0-9]{0,15}):([0-9a-f]{64})$/;

/** `<seq>:<hash>`, the form in which a head is kept outside. */
export function formatHead(head: AuditHead): string {
  return `${head.seq}:${head.hash}`;
}

/** Reads `<seq>:<hash>`; undefined when it is not one. */
export function parseHead(text: string): AuditHead | undefined {
  const match = HEAD.exec(text.trim());
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { seq: Number(match[1]), hash: match[2] };
}
