import type { JsonValue } from '../domain/strict-json.ts';
import type { AuditDetail, AuditEntry } from './entry.ts';

type Words = string | ((detail: AuditDetail) => string);

/** What happened, as it follows the name of who did it. Facts come from the entry, agents' words never do. */
const WORDS: Readonly<Record<string, Words>> = {
  'broker.started': 'started',
  'broker.stopped': 'stopped',
  'agent.created': 'registered the agent',
  'agent.keys_set': "changed the agent's keys",
  'agent.suspended': 'suspended the agent',
  'agent.resumed': 'resumed the agent',
  'task.opened': 'opened the task',
  'task.closed': 'closed the task',
  'task.expired': 'let the task expire',
  'token.minted': (detail) =>
    listed(detail['scopes']) === ''
      ? 'was given a token without scopes'
      : `was given a token for ${listed(detail['scopes'])}`,
  'token.denied': (detail) =>
    `was refused ${listed(detail['scopes']) || 'a token'}${because(detail['reason'] ?? detail['rule'])}`,
  'token.revoked': 'revoked the token',
  'grant.ended': 'ended the grant',
  'lease.issuing': (detail) => `began to issue a credential for ${text(detail['scope'])}`,
  'lease.issued': 'issued the credential',
  'lease.issue_failed': 'could not issue the credential',
  'lease.renewed': 'renewed the lease',
  'lease.denied': 'was refused a credential',
  'lease.revoking': 'began to revoke the credential',
  'lease.revoked': 'revoked the credential, with proof',
  'lease.overdue': 'could not revoke the credential yet',
  'lease.watchdog': 'cancelled a statement that ran too long',
  'lease.abandoned': 'gave the lease up, with evidence',
  'approval.requested': 'asked for approval',
  'approval.answered': (detail) => `answered: ${text(detail['decision']) || 'given'}`,
  'approval.approved': 'saw it approved',
  'approval.denied': 'saw it denied',
  'approval.expired': 'let the approval expire',
  'approval.withdrawn': 'withdrew the request',
  'approval.superseded': 'saw the approval overtaken by a change',
  'approval.used': 'used the approval',
  'stop.placed': (detail) => `placed a stop on ${text(detail['target']) || 'everything'}`,
  'stop.lifted': 'lifted the stop',
  'revocation.accepted': 'revoked everything below it',
  'revocation.completed': (detail) =>
    `ended ${many(detail['tokens'], 'token')} and ${many(detail['leases'], 'lease')}`,
  'policy.stored': (detail) => `stored policy version ${text(detail['version'])}`,
  'policy.activated': (detail) => `activated policy version ${text(detail['version'])}`,
  'secret.set': 'set the secret',
  'secret.deleted': 'deleted the secret',
  'secret.rotated': 'rotated the root credential',
  'audit.exported': 'exported the audit',
  'operator.invited': 'invited an operator',
  'operator.joined': 'joined, by an invitation',
  'operator.set_up': 'came in by the set-up link',
  'operator.signed_in': 'signed in',
  'operator.signed_out': 'signed out',
  'operator.stepped_up': 'proved again, by passkey, to be there',
  'operator.role_changed': (detail) => `made the operator ${text(detail['role'])}`,
  'operator.removed': 'removed the operator',
  'passkey.registered': 'registered a passkey',
  'passkey.removed': 'removed a passkey',
  'passkey.copy_suspected': 'used a passkey that looks like a copy',
  'session.revoked': 'ended a session',
  'set_up_link.issued': 'printed the set-up link',
  'operator_token.break_glass': 'broke the glass for an operator token',
  'operator_token.issued': (detail) => `issued a token for an ${text(detail['role'])}`,
};

/**
 * One entry as the rest of a sentence that begins with its actor: "was given a token for orders-db:read".
 * An action without words of its own is told by its name.
 */
export function sentenceOf({ action, detail }: Pick<AuditEntry, 'action' | 'detail'>): string {
  const words = Object.hasOwn(WORDS, action) ? WORDS[action] : undefined;
  if (words === undefined) return action.replace('.', ': ').replaceAll('_', ' ');
  return typeof words === 'string' ? words : words(detail);
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function listed(value: JsonValue | undefined): string {
  return Array.isArray(value) ? value.map(text).join(', ') : text(value);
}

function because(value: JsonValue | undefined): string {
  const reason = text(value);
  return reason === '' ? '' : ` (${reason.replaceAll('_', ' ')})`;
}

/** A number, or how many a list has. */
function many(value: JsonValue | undefined, noun: string): string {
  const count = Array.isArray(value) ? value.length : Number(value ?? 0);
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
