import { generateKeyPairSync } from 'node:crypto';
import type pg from 'pg';
import { postgresAdapter } from './adapter.ts';

export const PEER_SCOPE = 'orders-db:read';
/** Tokens for this resource are ES256 JWTs; those for {@link OPAQUE_RESOURCE} are kept in the store. */
export const JWT_RESOURCE = 'https://orders.bench.example';
export const OPAQUE_RESOURCE = 'https://reports.bench.example';

export interface PeerClient {
  readonly id: string;
  readonly publicJwk: Record<string, unknown>;
}

/**
 * The provider's settings: `client_credentials` with `private_key_jwt` only, ES256 everywhere. It
 * keeps no row for a JWT: the one it commits per token is the replay marker of the assertion.
 */
export function peerConfiguration(
  pool: pg.Pool,
  clients: readonly PeerClient[],
): Record<string, unknown> {
  const signing = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  return {
    adapter: postgresAdapter(pool),
    clients: clients.map(clientMetadata),
    jwks: {
      keys: [{ ...signing.export({ format: 'jwk' }), kid: 'peer', use: 'sig', alg: 'ES256' }],
    },
    scopes: [PEER_SCOPE],
    clientAuthMethods: ['private_key_jwt'],
    enabledJWA: { clientAuthSigningAlgValues: ['ES256'] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    assertJwtClientAuthClaimsAndHeader: () => undefined,
    ttl: { ClientCredentials: 900 },
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => JWT_RESOURCE,
        getResourceServerInfo: (_context: unknown, resource: string) => ({
          scope: PEER_SCOPE,
          audience: resource,
          accessTokenTTL: 900,
          ...(resource === JWT_RESOURCE
            ? { accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } }
            : { accessTokenFormat: 'opaque' }),
        }),
      },
    },
  };
}

function clientMetadata(client: PeerClient): Record<string, unknown> {
  return {
    client_id: client.id,
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
    scope: PEER_SCOPE,
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    jwks: { keys: [client.publicJwk] },
  };
}
