import { forbidden, invalidClient } from '../domain/errors.ts';
import { authenticateClient, type ClientAuthentication } from './authenticate-client.ts';
import type { Broker } from './context.ts';
import { revoke } from './revoke.ts';

/**
 * Token revocation (RFC 7009 §2): a client ends its own token and the leases issued with it. Unknown,
 * expired and malformed tokens are fine: there is nothing left to revoke.
 *
 * @throws invalidClient; forbidden for another client's token, which stays as it was (row V1)
 */
export async function revokeToken(
  broker: Broker,
  request: { assertion: ClientAuthentication; token: string },
): Promise<void> {
  const client = await authenticateClient(broker, request.assertion);
  if (client.use && !(await broker.ledger.useAssertion(client.use))) throw invalidClient();
  const claims = broker.accessTokens.verify(request.token);
  if (!claims) return;
  if (client.type !== 'agent' || claims.client_id !== client.agent.id) {
    throw forbidden('A client revokes its own tokens only.');
  }
  await revoke(broker, {
    target: { kind: 'token', id: claims.jti },
    reason: 'revoked by its holder',
    actor: client.agent.id,
  });
}
