import { lookup } from 'node:dns/promises';
import type { Reach, ServerIdentity } from '../../../ports/provider.ts';
import { isBrokerError } from '../../../domain/errors.ts';
import { readAdminUrl } from '../admin-url.ts';
import type { Parts } from '../parts.ts';

/**
 * Which server a resource is on: what the server itself says (its system identifier, the same on every
 * address and in every database of it) and the addresses it is reached at, for when it can't be asked.
 */
export async function identify(
  parts: Parts,
  reach: Reach,
  networkAllow: ReadonlySet<string>,
): Promise<ServerIdentity> {
  const { host, port } = readAdminUrl(reach.root.value, networkAllow);
  const found = await lookup(host, { all: true }).catch(() => []);
  const addresses = found.map(({ address }) => `${address}:${port}`);
  try {
    const id = await parts.connections.use(reach, async ({ identity }) => identity);
    return { addresses, ...(id === undefined ? {} : { id }) };
  } catch (error) {
    if (!isBrokerError(error)) throw error;
    return { addresses };
  }
}
