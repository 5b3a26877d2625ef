import type { IssuedCredential } from '../../ports/provider.ts';
import type { AdminTarget } from './admin-url.ts';
import type { AdminSession } from './connections.ts';
import type { Password } from './scram.ts';

/** A login as the agent gets it, by parts and as a URL. */
export function credentialOf(
  { host, port, database, tls }: AdminTarget,
  username: string,
  password: Password,
  info: Readonly<Record<string, unknown>>,
): IssuedCredential {
  const secret = password.secret.reveal();
  const shown = host.includes(':') ? `[${host}]` : host;
  const path = encodeURIComponent(database);
  const query = tls ? '?sslmode=require' : '';
  const url = `postgres://${username}:${secret}@${shown}:${port}/${path}${query}`;
  return {
    credential: { type: 'postgres', host, port, database, username, password: secret, url },
    secret: password.secret,
    info,
  };
}

/** The same, with what its server says it is, where that can be read. */
export function identified(
  issued: IssuedCredential,
  { identity }: Pick<AdminSession, 'identity'>,
): IssuedCredential {
  return identity === undefined ? issued : { ...issued, serverIdentity: identity };
}
