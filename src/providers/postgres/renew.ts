import pg from 'pg';
import { providerFailed } from '../../domain/errors.ts';
import type { IssueRequest } from '../../ports/provider.ts';
import { failureCode } from './failures.ts';
import { isHome, madeElsewhere } from './home.ts';
import type { Parts } from './parts.ts';
import { timestamp } from './statements.ts';

/**
 * Moves the end of the login. It touches nothing else, so that a role that is being revoked stays locked
 * out; sessions that are open live until the broker revokes the lease.
 */
export async function renew(parts: Parts, request: IssueRequest): Promise<void> {
  const name = request.lease.outsideName;
  if (!parts.names.isLease(name)) {
    throw providerFailed('provider_rejected', 'The lease carries no name of this installation.');
  }
  await parts.connections.use(request, async (session) => {
    if (!isHome(session, request.lease)) throw madeElsewhere(request.lease);
    const { client } = session;
    try {
      await client.query(
        `ALTER ROLE ${pg.escapeIdentifier(name)} VALID UNTIL ${timestamp(request.lease.expiresAt)}`,
      );
    } catch (error) {
      if (failureCode(error) !== '42704') throw error;
      throw providerFailed(
        'provider_rejected',
        'The login of this lease no longer exists. Ask for a new lease.',
      );
    }
  });
}
