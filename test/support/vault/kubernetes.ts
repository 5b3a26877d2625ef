import { createServer } from 'node:http';
import { listen } from '../line.ts';

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A service account's token as Kubernetes shapes it; Vault lets the TokenReview decide. */
export function serviceAccountJwt(): string {
  const now = Math.floor(Date.now() / 1000);
  const account = { namespace: 'default', serviceaccount: { name: 'countersign', uid: 'u-1' } };
  const claims = {
    iss: 'https://kubernetes.default.svc',
    aud: ['vault'],
    sub: 'system:serviceaccount:default:countersign',
    iat: now,
    exp: now + 600,
    'kubernetes.io': account,
  };
  return `${part({ alg: 'RS256', kid: 'k' })}.${part(claims)}.${Buffer.from('signature').toString('base64url')}`;
}

/** The one endpoint of the Kubernetes API that Vault asks: it knows the account `countersign`. */
export async function startTokenReview(): Promise<{ url: string; stop(): void }> {
  const server = createServer((request, response) => {
    request.resume();
    const status = {
      authenticated: true,
      audiences: ['vault'],
      user: { username: 'system:serviceaccount:default:countersign', uid: 'u-1' },
    };
    response.writeHead(201, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', status }),
    );
  });
  const port = await listen(server, 0);
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
