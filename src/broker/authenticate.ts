import { createHash } from 'node:crypto';
import { invalidToken, unauthenticated } from '../domain/errors.ts';
import type { Principal } from '../domain/principal.ts';
import type { Broker } from './context.ts';
import { refuseWhenStale } from './freshness.ts';
import { HOST_OPERATOR, OPERATOR_TOKEN } from './operator-token.ts';

/**
 * The principal behind an `Authorization: Bearer` value: an operator token, or an access token whose
 * audience is this broker. Tokens are looked up by `jti`, never by their text.
 *
 * @throws unauthenticated | invalidToken | feedStale
 */
export async function authenticate(
  broker: Pick<Broker, 'operatorTokens' | 'accessTokens' | 'tokens' | 'issuer' | 'feed' | 'limits'>,
  bearer: string | undefined,
): Promise<Principal> {
  if (bearer === undefined || bearer === '') throw unauthenticated();
  if (OPERATOR_TOKEN.test(bearer)) {
    const role = await broker.operatorTokens.find(createHash('sha256').update(bearer).digest());
    if (!role) throw invalidToken();
    return { type: 'operator', id: HOST_OPERATOR, role };
  }
  const claims = broker.accessTokens.verify(bearer);
  if (!claims || claims.aud !== broker.issuer) throw invalidToken();
  refuseWhenStale(broker);
  const status = await broker.tokens.status(claims.jti);
  if (!status?.live) throw invalidToken();
  return { type: 'agent', id: status.token.agentId, token: status.token };
}
