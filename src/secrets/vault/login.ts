import { readFile } from 'node:fs/promises';
import { providerFailed } from '../../domain/errors.ts';
import { Secret } from '../../domain/secret.ts';
import { textMember } from '../../domain/strict-json.ts';
import type { VaultAnswer, VaultAuth } from '../../ports/vault.ts';
import type { Send } from './client.ts';
import { loginFailure, wrapForeign, wrapUsed } from './failures.ts';

/** A token as Vault gave it. */
export interface Granted {
  readonly token: Secret;
  /** Seconds it lives unless renewed; 0: for ever. */
  readonly ttlSeconds: number;
  readonly renewable: boolean;
}

export type Login = () => Promise<Granted>;

const LONGEST_JWT = 16_384;

/** The way in that the settings name. What a wrap held stays in memory for the next login. */
export function createLogin(auth: VaultAuth, send: Send): Login {
  if (auth.method === 'token') return () => lookUp(auth.token, send);
  if (auth.method === 'kubernetes') {
    return async () => {
      const body = { role: auth.role, jwt: await serviceAccountToken(auth.tokenPath) };
      return logIn(auth, body, send);
    };
  }
  let secretId = auth.wrapped ? undefined : auth.secretId;
  return async () => {
    secretId ??= await unwrap(auth, send);
    const body = { role_id: auth.roleId, secret_id: secretId.reveal() };
    return logIn(auth, body, send);
  };
}

async function logIn(
  auth: Exclude<VaultAuth, { method: 'token' }>,
  body: Readonly<Record<string, unknown>>,
  send: Send,
): Promise<Granted> {
  const path = `auth/${auth.mount}/login`;
  const answer = await send({ method: 'POST', path, body });
  const granted = answer.status === 200 ? grantedBy(answer) : undefined;
  if (!granted) throw loginFailure(answer, auth.method);
  return granted;
}

/** What a login or a renewal answered. */
export function grantedBy({ auth }: VaultAnswer): Granted | undefined {
  const token = auth['client_token'];
  if (typeof token !== 'string' || token === '') return undefined;
  return {
    token: new Secret(token),
    ttlSeconds: Number(auth['lease_duration'] ?? 0),
    renewable: auth['renewable'] === true,
  };
}

async function lookUp(token: Secret, send: Send): Promise<Granted> {
  const path = 'auth/token/lookup-self';
  const answer = await send({ method: 'GET', path, token });
  if (answer.status !== 200) throw loginFailure(answer, 'token');
  const { ttl, renewable } = answer.data;
  return { token, ttlSeconds: Number(ttl ?? 0), renewable: renewable === true };
}

/** Looks at the wrap before it is opened: a wrap of something else was put there by somebody else. */
async function unwrap(
  auth: Extract<VaultAuth, { method: 'approle' }>,
  send: Send,
): Promise<Secret> {
  const lookup = await send({
    method: 'POST',
    path: 'sys/wrapping/lookup',
    body: { token: auth.secretId.reveal() },
  });
  if (lookup.status === 400 || lookup.status === 403) throw wrapUsed();
  if (lookup.status !== 200) throw loginFailure(lookup, 'approle');
  if (!isSecretIdPath(textMember(lookup.data, 'creation_path'), auth.mount)) throw wrapForeign();
  const token = auth.secretId;
  const opened = await send({ method: 'POST', path: 'sys/wrapping/unwrap', token });
  const secretId = opened.data['secret_id'];
  if (opened.status === 200 && typeof secretId === 'string') return new Secret(secretId);
  if (opened.status === 200 || opened.status === 400 || opened.status === 403) throw wrapUsed();
  throw loginFailure(opened, 'approle');
}

function isSecretIdPath(path: string, mount: string): boolean {
  const start = `auth/${mount}/role/`;
  return path.startsWith(start) && /^[^/]+\/secret-id$/.test(path.slice(start.length));
}

async function serviceAccountToken(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const jwt = text.trim();
  if (jwt !== '' && jwt.length <= LONGEST_JWT) return jwt;
  throw providerFailed(
    'provider_misconfigured',
    `The service account's token in ${path} cannot be read. Mount it there, or name its place.`,
  );
}
