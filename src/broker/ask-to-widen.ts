import type { AuditDetail } from '../audit/entry.ts';
import type { Approval, JsonObject } from '../domain/approval.ts';
import { approvalRequired } from '../domain/approval-errors.ts';
import { httpError } from '../domain/errors.ts';
import { isSamePerson, type Signer, WIDENING_RULE } from '../domain/quorum.ts';
import type { VotedApproval } from '../ports/approvals.ts';
import type { Broker } from './context.ts';
import { isStillMet, supersede } from './recheck-approval.ts';
import { digestOf, requestApproval } from './request-approval.ts';

/** A change that gives more in a protected environment than there was. */
export interface Widening {
  /** Exactly what will be done; without personal data, since it goes on record as it is. */
  readonly change: JsonObject & { readonly what: 'policy' | 'agent' | 'role' | 'stop' };
  /** Who gains what, a line for each: for whoever has to approve it. */
  readonly plan: readonly string[];
  readonly environment?: string | undefined;
  /** What the author says about it: shown as his words. */
  readonly words?: string;
}

/** Whether a widening may be done now, and on what it rests. */
export type LeaveToWiden =
  | { readonly kind: 'go'; readonly approvalId?: string | undefined; readonly detail: AuditDetail }
  | { readonly kind: 'ask'; readonly approval: Approval };

/** A change of the rules waits for a day: whoever has to look at it may be asleep. */
const EXPIRES_S = 86_400;
/** Lines, in characters together, that a person can be asked to read. */
const LONGEST_PLAN = 64_000;
/** Open widenings that are looked through: every author has a limit of them. */
const OPEN_PAGE = 200;

/**
 * Asks whether `author` may make this change. Until an operator has a passkey an admin may alone, and the
 * entry says so. From then on another admin approves it, or where there is no other, the author signs.
 *
 * @param author id of the operator, or `broker` for the policy folder
 * @throws approvalUnavailable | approvalLimit | payload_too_large
 */
export async function askToWiden(
  broker: Broker,
  author: string,
  widening: Widening,
): Promise<LeaveToWiden> {
  const operators = await broker.operators.active();
  if (!operators.some(({ passkeys }) => passkeys > 0)) {
    return { kind: 'go', detail: { widens: widening.plan.length, alone: 'nobody has a passkey' } };
  }
  const operation = { v: 1, kind: 'widening', ...widening.change, author };
  const { digest } = digestOf(operation);
  const approved = await findApproved(broker, digest);
  if (approved) {
    const detail = { widens: widening.plan.length, approval: approved.id };
    return { kind: 'go', approvalId: approved.id, detail };
  }
  const pending = await findOpen(broker, digest, 'pending');
  if (pending) return { kind: 'ask', approval: pending.approval };
  if (widening.plan.join('\n').length > LONGEST_PLAN) {
    throw httpError(
      'payload_too_large',
      'This widens more than a person can look through. Change less at a time.',
    );
  }
  const { approval } = await requestApproval(broker, {
    kind: 'widening',
    ...((await isToBeAnsweredByAnother(broker, author)) ? { author } : {}),
    operation,
    terms: {},
    requirements: [{ rule: WIDENING_RULE, count: 1, groups: [] }],
    resources: [],
    bundleVersion: broker.policy.version() ?? 0,
    card: {
      effect: 'write',
      reversibility: 'reversible',
      plan: widening.plan,
      words: widening.words === undefined ? {} : { purpose: widening.words },
      ...(widening.environment === undefined
        ? {}
        : { environment: { name: widening.environment, protected: true } }),
    },
    expiresInSeconds: EXPIRES_S,
  });
  return { kind: 'ask', approval };
}

/**
 * The same for changes that are made at once or refused.
 * @throws approvalRequired with the approval that was asked for
 */
export async function leaveToWiden(
  broker: Broker,
  author: string,
  widening: Widening,
): Promise<Extract<LeaveToWiden, { kind: 'go' }>> {
  const leave = await askToWiden(broker, author, widening);
  if (leave.kind === 'go') return leave;
  const { id, card } = leave.approval;
  const uri = approvalUri(broker, id);
  throw approvalRequired(
    `This widens a protected environment, so an admin has to approve it first: ${card.plan.join('; ')}.`,
    { approval_id: id, approval_uri: uri, widens: card.plan },
    { how: `Answered at ${uri}. Then it is done; a new agent takes the same request again.` },
  );
}

/** Where an admin sees an approval and answers it. */
export function approvalUri({ issuer }: Pick<Broker, 'issuer'>, id: string): string {
  return `${issuer}/console/approvals/${id}`;
}

/** What takes no leave. */
export const FREE = { kind: 'go', detail: {}, approvalId: undefined } as const;

/** The approval of exactly this change, in that state. */
async function findOpen(
  broker: Broker,
  digest: string,
  state: 'pending' | 'approved',
): Promise<VotedApproval | undefined> {
  const rows = await broker.approvals.list({ kind: 'widening', state, limit: OPEN_PAGE });
  return rows.find(({ approval }) => approval.operationDigest === digest);
}

/** The same that may be used: whoever signed must still be one who may. */
async function findApproved(broker: Broker, digest: string): Promise<Approval | undefined> {
  const found = await findOpen(broker, digest, 'approved');
  if (!found) return undefined;
  const { approval, votes } = found;
  if (await isStillMet(broker, undefined, approval, votes)) return approval;
  await supersede(broker, approval.id, 'who approved it may no longer');
  return undefined;
}

/** Is there an admin besides the author who could answer? */
async function isToBeAnsweredByAnother(broker: Broker, author: string): Promise<boolean> {
  const admins = (await broker.signers()).filter(({ role }) => role === 'admin');
  const self = admins.find(({ operatorId }) => operatorId === author);
  return !self || admins.some((other: Signer) => !isSamePerson(self, other));
}
