import { createPublicKey, type JsonWebKey, verify } from 'node:crypto';
import type { RequestPlan } from '../load/requests.ts';
import { accessTokens } from '../load/tokens.ts';
import { JWT_RESOURCE, OPAQUE_RESOURCE, PEER_SCOPE } from './configuration.ts';
import type { Peer } from './start.ts';

const GRANT = { grant_type: 'client_credentials', scope: PEER_SCOPE };

/** Requests for ES256 JWTs by all agents in turn. */
export function peerMint(peer: Peer): RequestPlan {
  return {
    ...at(peer, '/token'),
    callers: peer.agents,
    forms: peer.agents.map(() => ({ ...GRANT, resource: JWT_RESOURCE })),
  };
}

/**
 * Requests about `count` live tokens. Opaque ones: oidc-provider answers for no JWT here. The hint
 * spares it a lookup.
 */
export async function peerIntrospect(peer: Peer, count: number): Promise<RequestPlan> {
  const forms = { ...GRANT, resource: OPAQUE_RESOURCE };
  const plan = { ...at(peer, '/token'), callers: peer.agents, forms: peer.agents.map(() => forms) };
  const tokens = await accessTokens(plan, count);
  return {
    ...at(peer, '/token/introspection'),
    callers: [peer.resourceServer],
    forms: tokens.map((token) => ({ token, token_type_hint: 'access_token' })),
  };
}

/** One JWT minted and checked, so that what is compared is known to be the real thing. */
export async function checkPeer(peer: Peer): Promise<void> {
  const [token = ''] = await accessTokens(peerMint(peer), 1);
  const [head = '', claims = '', signature = ''] = token.split('.');
  const { keys } = (await (await fetch(`${peer.issuer}/jwks`)).json()) as { keys: [JsonWebKey] };
  const key = createPublicKey({ key: keys[0], format: 'jwk' });
  const bytes = Buffer.from(signature, 'base64url');
  const good = verify(
    'sha256',
    Buffer.from(`${head}.${claims}`),
    { key, dsaEncoding: 'ieee-p1363' },
    bytes,
  );
  const header = decode(head);
  if (!good || header['alg'] !== 'ES256' || header['typ'] !== 'at+jwt') {
    throw new Error(`the peer minted something else: ${JSON.stringify(header)}`);
  }
  const { aud, scope, iss } = decode(claims);
  if (aud !== JWT_RESOURCE || scope !== PEER_SCOPE || iss !== peer.issuer) {
    throw new Error(`the peer minted something else: ${JSON.stringify({ aud, scope, iss })}`);
  }
}

function decode(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
}

function at(peer: Peer, path: string) {
  return { host: peer.host, port: peer.port, path, audience: peer.issuer };
}
