import { invalidClient } from '../domain/errors.ts';
import type { AccessTokenClaims } from '../ports/tokens.ts';
import { authenticateClient, type ClientAuthentication } from './authenticate-client.ts';
import type { Broker } from './context.ts';
import { refuseWhenStale } from './freshness.ts';

/**
 * Token introspection (RFC 7662 §2) for registered resource servers, each for its own audience.
 *
 * @returns the claims of a token that is good now, or undefined for anything else: expired, revoked,
 *   garbage, of another audience; the caller learns no more than that (row I1)
 * @throws invalidClient, for agents too
 */
export async function introspect(
  broker: Pick<
    Broker,
    | 'ledger'
    | 'tokens'
    | 'accessTokens'
    | 'clientProofs'
    | 'directory'
    | 'agents'
    | 'resourceServers'
    | 'clientSecrets'
    | 'feed'
    | 'limits'
  >,
  request: { assertion: ClientAuthentication; token: string },
): Promise<AccessTokenClaims | undefined> {
  refuseWhenStale(broker);
  const client = await authenticateClient(broker, request.assertion);
  const claims = broker.accessTokens.verify(request.token);
  const { fresh, status } = client.use
    ? await broker.ledger.introspect(client.use, claims?.jti)
    : { fresh: true, status: claims && (await broker.tokens.status(claims.jti)) };
  if (!fresh) throw invalidClient();
  // To this endpoint an agent is nobody (row I1), its own tokens included.
  if (client.type !== 'resource_server') throw invalidClient();
  if (!claims || claims.aud !== client.server.audience) return undefined;
  return status?.live ? claims : undefined;
}
