import type { Approval } from '../domain/approval.ts';
import { isBrokerError, notFound } from '../domain/errors.ts';
import type { Broker } from './context.ts';
import { activateBundle } from './manage-policy.ts';

/** Approved changes one round takes on. */
const PAGE = 50;
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
      if (await make(broker, approval)) made += 1;
      else await giveUp(broker, approval, 'what it says is no longer what would happen');
    } catch (error) {
      if (!isBrokerError(error) || PASSING.includes(error.code)) throw error;
      await giveUp(broker, approval, error.detail);
    }
  }
  return made;
}

/** @returns false when doing it would take another approval than this one */
async function make(broker: Broker, { operation }: Approval): Promise<boolean> {
  const change = JSON.parse(operation) as {
    what: string;
    author: string;
    to: { version: number };
  };
  if (change.what !== 'policy') throw notFound('What was approved');
  const done = await activateBundle(broker, change.author, change.to.version);
  return done.kind === 'active';
}

async function giveUp(broker: Broker, approval: Approval, reason: string): Promise<void> {
  await broker.approvals.end(approval.id, 'superseded', reason, {
    actor: 'broker',
    action: 'approval.superseded',
    subject: approval.id,
    detail: { reason },
  });
}
