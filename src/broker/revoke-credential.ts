import type { AuditDraft } from '../audit/entry.ts';
import type { ErrorCode } from '../domain/error-codes.ts';
import { isBrokerError } from '../domain/errors.ts';
import type { ClaimedLease } from '../ports/leases.ts';
import type { Broker } from './context.ts';
import { journal } from './record.ts';
import { wayTo } from './way-to-lease.ts';

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;

export interface RevokeFailure {
  readonly code: ErrorCode;
  /** Shown with the overdue lease. */
  readonly cause: string;
}

/**
 * Kills one credential outside and proves it: claims the lease, lets the provider revoke, records the
 * time to the first zero and then the end. A failure is put off, never dropped: the lease shows as
 * overdue until it succeeds.
 *
 * @param onDead told as soon as the first count of zero was seen
 * @returns why it failed, or nothing
 */
export async function revokeCredential(
  broker: Broker,
  lease: ClaimedLease,
  onDead?: (deadMs: number) => void,
): Promise<RevokeFailure | undefined> {
  const signal = AbortSignal.timeout(broker.limits.revokeTimeoutMs);
  const startedAt = broker.clock.monotonic();
  const waitedMs = Math.max(0, broker.clock.now() - lease.revokeAcceptedAt);
  let deadMs: number | undefined;
  try {
    const { resource, provider, root } = await wayTo(broker, lease);
    const onFirstZero = () => {
      deadMs = waitedMs + (broker.clock.monotonic() - startedAt);
      onDead?.(deadMs);
      void broker.queue.recordDead(lease.id, deadMs).catch(() => undefined);
    };
    const result = await provider.revoke({ lease, resource, root, signal, onFirstZero });
    deadMs ??= waitedMs + result.msToFirstZero;
    const finished = await broker.queue.finish(lease.id, {
      actor: 'broker',
      action: 'lease.revoked',
      subject: lease.id,
      detail: {
        resource: lease.resource,
        outside_name: lease.outsideName,
        dead_ms: Math.round(deadMs),
        sessions_ended: result.sessionsSeen,
      },
    });
    journal(broker, finished.unrecorded);
    broker.meter.count('lease', 'revoked');
    return undefined;
  } catch (error) {
    const code = isBrokerError(error) ? error.code : 'internal';
    const cause = isBrokerError(error) ? `${code}: ${error.detail}` : code;
    await postpone(broker, lease, cause).catch(() => undefined);
    broker.meter.count('lease', 'revoke_failed');
    return { code, cause };
  }
}

/** 1 s, doubling to a minute, spread by ±25 % so that a returning server is not met by all at once. */
function retryDelay(attempts: number): number {
  const base = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempts - 1, 10));
  return base * (0.75 + Math.random() / 2);
}

/** A lease that becomes overdue is an entry; that it still is, at each further attempt, is not. */
async function postpone(broker: Broker, lease: ClaimedLease, cause: string): Promise<void> {
  const delayMs = retryDelay(lease.attempts);
  const entry = overdueEntry(lease, cause);
  journal(broker, (await broker.queue.postpone(lease.id, delayMs, cause, entry)).unrecorded);
}

/** The entry that a lease has become overdue. */
export function overdueEntry(
  lease: Pick<ClaimedLease, 'id' | 'resource' | 'outsideName'>,
  cause: string,
): AuditDraft {
  const detail = { resource: lease.resource, outside_name: lease.outsideName, cause };
  return { actor: 'broker', action: 'lease.overdue', subject: lease.id, detail };
}

/** Starts on leases that just went to `revoking`, without waiting; the job takes what is left. */
export function revokeInBackground(broker: Broker, leases: readonly string[]): void {
  for (const id of leases.slice(0, BACKGROUND)) {
    void broker.queue
      .claimOne(id, broker.limits.revokeTimeoutMs * 2)
      .then((lease) => lease && revokeCredential(broker, lease))
      .catch(() => undefined);
  }
}

/** Leases of one step revoked at once; more are left to the paced job. */
const BACKGROUND = 8;
