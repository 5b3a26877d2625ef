import { ended, notFound } from '../domain/errors.ts';
import type { Lease } from '../domain/lease.ts';
import type { Principal } from '../domain/principal.ts';
import type { Broker } from './context.ts';
import { ownLease } from './own.ts';
import { journal, sealed } from './record.ts';
import { revokeCredential } from './revoke-credential.ts';

/** How long a caller waits for the first zero before it is shown a lease that is still `revoking`. */
const WAIT_MS = 5_000;

/**
 * Ends one lease and waits until its sessions are dead, for a while. The proof (a second zero, the
 * role dropped) goes on after the answer.
 *
 * @throws notFound for an unknown lease, and for another agent's
 */
export async function revokeLease(
  broker: Broker,
  principal: Principal,
  id: string,
  reason = 'revoked by its holder',
): Promise<Lease> {
  const lease = await ownLease(broker, principal, id);
  if (lease.state === 'revoked' || lease.state === 'abandoned') return lease;
  const words = await sealed(broker, principal.id, { reason }).catch(() => ({}));
  const begun = await broker.endings.begin({
    target: { kind: 'lease', id },
    reason,
    actor: principal.id,
    taskState: 'closed',
    entries: [{ actor: principal.id, action: 'lease.revoking', subject: id, detail: { ...words } }],
  });
  if (!begun.found) throw notFound('Lease');
  journal(broker, begun.unrecorded);
  await firstZero(broker, id);
  const now = await broker.leases.find(id);
  if (!now) throw ended('lease');
  return now;
}

/** Resolves at the first zero, at a failed attempt, or after {@link WAIT_MS}. */
async function firstZero(broker: Broker, id: string): Promise<void> {
  const claimed = await broker.queue.claimOne(id, broker.limits.revokeTimeoutMs * 2);
  if (!claimed) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, WAIT_MS);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    void revokeCredential(broker, claimed, (deadMs) => {
      void broker.queue
        .recordDead(id, deadMs)
        .catch(() => undefined)
        .finally(done);
    }).finally(done);
  });
}
