import { type ErrorCode, isBrokerError, providerFailed } from '../domain/errors.ts';
import type { Resource } from '../domain/resource.ts';
import type { ClaimedLease } from '../ports/leases.ts';
import type { Broker } from './context.ts';
import { journal } from './record.ts';

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
    const resource = await knownResource(broker, lease);
    const provider = broker.providers.get(resource.kind);
    if (!provider)
      throw providerFailed('provider_misconfigured', `No provider for ${resource.kind}.`);
    const root = await broker.secrets.read(resource.connection.url.secret);
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
    await broker.queue.postpone(lease.id, retryDelay(lease.attempts), cause).catch(() => undefined);
    broker.meter.count('lease', 'revoke_failed');
    return { code, cause };
  }
}

/**
 * The resource as it is defined now; where it left the bundle, as it was defined when the lease's
 * grant was made: a credential outlives the definition it was issued under.
 */
async function knownResource(broker: Broker, lease: ClaimedLease): Promise<Resource> {
  const resource = broker.policy.resource(lease.resource) ?? (await pastResource(broker, lease));
  if (resource) return resource;
  throw providerFailed(
    'provider_misconfigured',
    `${lease.resource} is in no bundle that is known; define it again so that its leases can be revoked`,
  );
}

async function pastResource(broker: Broker, lease: ClaimedLease): Promise<Resource | undefined> {
  const grant = await broker.grants.find(lease.grantId);
  const bundle = grant && (await broker.policy.past(grant.bundleVersion));
  return bundle?.resources.get(lease.resource);
}

/** 1 s, doubling to a minute, spread by ±25 % so that a returning server is not met by all at once. */
function retryDelay(attempts: number): number {
  const base = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempts - 1, 10));
  return base * (0.75 + Math.random() / 2);
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
