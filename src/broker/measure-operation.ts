import type { BlastRadius, Countable } from '../domain/operation.ts';
import type { RootCredential } from '../ports/provider.ts';
import {
  activating,
  type BrokerLeaseWish,
  brokerLeaseEntry,
  endBrokerLease,
  newBrokerLease,
} from './broker-lease.ts';
import type { Broker } from './context.ts';
import type { OperatingProvider } from './operating-provider.ts';

const NOTHING = { bounds: {}, cascades: [], triggers: [], backup: null } as const;

/** The radius of what cannot be counted, and why. */
export function unknownRadius(why: string): BlastRadius {
  return { ...NOTHING, rows: null, why };
}

/** The radius of what changes nothing. */
export const NO_RADIUS: BlastRadius = { ...NOTHING, rows: 0 };

/**
 * Has the rows counted that statements would reach, by a role that is on record before it is made and ends
 * with the count.
 * @throws provider…, and the refusals of a reservation
 */
export async function measureOperation(
  broker: Broker,
  wish: Omit<BrokerLeaseWish, 'provider' | 'forMs'> & {
    readonly provider: OperatingProvider;
    readonly root: RootCredential;
    readonly countables: readonly Countable[];
  },
): Promise<BlastRadius> {
  const { provider, resource, scope, root, countables } = wish;
  const forMs = broker.limits.issueTimeoutMs * 2;
  const lease = newBrokerLease(broker, { ...wish, forMs });
  const most = broker.limits.leasesPerAgent;
  const limits = { grant: most, agent: most };
  await broker.leases.reserve(lease, limits, brokerLeaseEntry(lease, 'count'));
  let failure: unknown;
  try {
    return await provider.measure({
      lease,
      resource,
      scope,
      root,
      signal: AbortSignal.timeout(broker.limits.issueTimeoutMs),
      made: activating(broker, lease),
      countables,
    });
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    await endBrokerLease(broker, lease, 'counted', failure);
  }
}
