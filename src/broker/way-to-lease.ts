import { isBrokerError, providerFailed } from '../domain/errors.ts';
import type { Resource } from '../domain/resource.ts';
import type { Lease } from '../domain/lease.ts';
import type { AnyProvider, RootCredential } from '../ports/provider.ts';
import type { Broker } from './context.ts';

/** With what a lease can be reached outside. */
export interface Way {
  readonly resource: Resource;
  readonly provider: AnyProvider;
  readonly root: RootCredential;
}

/**
 * How to reach the credential of a lease: by the resource as it is defined now, unless only its
 * definition of the time of the grant still names the server that the lease was made on. A credential
 * outlives the definition it was issued under. Where neither names that server, the provider refuses to
 * take absence for proof.
 *
 * @throws secretUnavailable | providerFailed
 */
export async function wayTo(broker: Broker, lease: Lease): Promise<Way> {
  const now = broker.policy.resource(lease.resource);
  const first = now && (await settled(way(broker, now)));
  if (first?.way && namesServerOf(first.way, lease)) return first.way;
  const then = await pastResource(broker, lease);
  const second = then && (await settled(way(broker, then)));
  if (second?.way && (!first || namesServerOf(second.way, lease))) return second.way;
  const answer = first ?? second ?? { error: unknownResource(lease.resource) };
  if (answer.way) return answer.way;
  throw answer.error;
}

function unknownResource(name: string): Error {
  return providerFailed(
    'provider_misconfigured',
    `${name} is in no bundle that is known; define it again so that its leases can be revoked`,
  );
}

async function way(broker: Broker, resource: Resource): Promise<Way> {
  const provider = broker.providers.get(resource.kind);
  if (!provider) {
    throw providerFailed('provider_misconfigured', `No provider for ${resource.kind}.`);
  }
  return { resource, provider, root: await broker.secrets.read(resource.connection.url.secret) };
}

/** A way or why there is none; whatever is no expected failure is thrown. */
async function settled(
  found: Promise<Way>,
): Promise<{ readonly way: Way } | { readonly way?: undefined; readonly error: Error }> {
  try {
    return { way: await found };
  } catch (error) {
    if (!isBrokerError(error) || error.code === 'store_unavailable') throw error;
    return { error };
  }
}

function namesServerOf({ provider, root }: Way, { server }: Lease): boolean {
  if (server === undefined) return true;
  try {
    return provider.serverOf(root) === server;
  } catch {
    return false;
  }
}

async function pastResource(broker: Broker, lease: Lease): Promise<Resource | undefined> {
  const grant = await broker.grants.find(lease.grantId);
  const bundle = grant && (await broker.policy.past(grant.bundleVersion));
  return bundle?.resources.get(lease.resource);
}
