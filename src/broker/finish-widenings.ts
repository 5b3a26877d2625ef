import type { Approval } from '../domain/approval.ts';
import { conflict, isBrokerError } from '../domain/errors.ts';
import type { OperatorRole } from '../domain/principal.ts';
import type { Broker } from './context.ts';
import { liftStop, resumeAgent } from './lift-stop.ts';
import { setOperatorRole } from './manage-operators.ts';
import { activateBundle } from './manage-policy.ts';

/** Approved changes one round takes on. */
const PAGE = 50;
const CHANGED = 'what was signed is not what would happen now';
/** Reasons to come back to a change, instead of giving it up. */
const PASSING = ['store_unavailable', 'rate_limited'];

/**
 * Does what was approved: each change by its author, exactly as it was signed, compared once more with
 * what is true now. One that says something else by now is superseded. Safe to repeat, and for two
 * processes at once: the approval is used up in the transaction that makes the change.
 *
 * @returns how many changes were made
 */
export async function finishWidenings(broker: Broker): Promise<number> {
  const rows = await broker.approvals.list({ kind: 'widening', state: 'approved', limit: PAGE });
  let made = 0;
  for (const { approval } of rows) {
    try {
      if ((await make(broker, approval)) === 'made') made += 1;
    } catch (error) {
      if (!isBrokerError(error) || PASSING.includes(error.code)) throw error;
      const changed = error.code === 'approval_required';
      await giveUp(broker, approval, changed ? CHANGED : error.detail);
    }
  }
  return made;
}

/** Members of what was signed, by what it is about. */
type Change = { readonly author: string } & (
  | { readonly what: 'policy'; readonly to: { readonly version: number } }
  | { readonly what: 'stop'; readonly stop?: string; readonly agent?: string }
  | { readonly what: 'role'; readonly operator: string; readonly to: OperatorRole }
  /** Its author repeats the request: keys and names are not kept here. */
  | { readonly what: 'agent' }
);

/** @throws what the change itself throws; approvalRequired when it would take another approval than this */
async function make(broker: Broker, { operation, card }: Approval): Promise<'made' | 'waits'> {
  const change = JSON.parse(operation) as Change;
  const author = { id: change.author };
  const reason = card.words.purpose ?? 'approved';
  if (change.what === 'agent') return 'waits';
  if (change.what === 'policy') {
    const done = await activateBundle(broker, author.id, change.to.version);
    if (done.kind === 'asked') throw conflict(CHANGED);
  } else if (change.what === 'role') {
    await setOperatorRole(broker, author, change.operator, change.to);
  } else if (change.agent !== undefined) {
    await resumeAgent(broker, author, change.agent, reason);
  } else {
    await liftStop(broker, author, change.stop ?? '', reason);
  }
  return 'made';
}

async function giveUp(broker: Broker, approval: Approval, reason: string): Promise<void> {
  await broker.approvals.end(approval.id, 'superseded', reason, {
    actor: 'broker',
    action: 'approval.superseded',
    subject: approval.id,
    detail: { reason },
  });
}
