import {
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
} from 'node:crypto';

/** Who authenticates with `private_key_jwt`: an agent, a resource server, or a client of the peer. */
export interface Caller {
  readonly id: string;
  readonly kid: string;
  /** PKCS #8 PEM; made for one run of the bench and used nowhere else. */
  readonly privateKey: string;
}

/** A fresh ES256 key: the private half for {@link Caller}, the public half as a JWK to register. */
export function newKey(kid: string): { privateKey: string; publicJwk: Record<string, unknown> } {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicJwk = { ...pair.publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' };
  const privateKey = pair.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  return { privateKey, publicJwk };
}

/** Seconds until an assertion expires: under the five minutes that a broker accepts at most. */
const LIFETIME_S = 240;

/**
 * A maker of client assertions (RFC 7523 §3), each with a `jti` of its own. Signing happens before
 * a run is timed; one costs about 35 µs.
 */
export function assertionsOf(caller: Caller, audience: string): () => string {
  const key: KeyObject = createPrivateKey(caller.privateKey);
  const header = encode({ alg: 'ES256', typ: 'client-authentication+jwt', kid: caller.kid });
  return () => {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: caller.id,
      sub: caller.id,
      aud: audience,
      jti: randomUUID(),
      iat: now,
      exp: now + LIFETIME_S,
    };
    const signed = `${header}.${encode(claims)}`;
    const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
    return `${signed}.${signature.toString('base64url')}`;
  };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
