import { createPrivateKey, randomUUID } from 'node:crypto';
import { importPublicJwk } from '../../src/keys/public-jwk.ts';
import type { TestAgent, TestBroker } from '../support/broker.ts';
import { forge, newKey, type TestKey } from '../keys/support.ts';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/**
 * For tests of something else on a busy machine: a late feed must not refuse what they ask. Those of
 * the feed set their own.
 */
export const PATIENT = { limits: { feedMaxAgeMs: 30_000 } } as const;

/** How long something that happens by itself may take on a busy machine. */
export const SOON = { timeout: 20_000 } as const;

/** A client that can sign: an agent or a resource server. */
export interface Party {
  readonly id: string;
  readonly key: TestKey;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The JSON object of the answer; empty where there is none. */
  readonly body: Readonly<Record<string, unknown>>;
}

export type Params = Readonly<Record<string, string | undefined>>;

/** One HTTP exchange, as it is: no error is thrown for a status. */
export async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, { redirect: 'manual', ...init });
  const text = await response.text();
  let body: Record<string, unknown> = {};
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read === 'object' && read !== null) body = read as Record<string, unknown>;
  } catch {
    // Not JSON: the text is there.
  }
  return { status: response.status, headers: response.headers, text, body };
}

/** Posts a form; a text is sent as it is. */
export function postForm(
  url: string,
  form: Params | string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return ask(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: typeof form === 'string' ? form : encoded(form),
  });
}

export function encoded(form: Params): string {
  const entries = Object.entries(form).filter((entry): entry is [string, string] => !!entry[1]);
  return new URLSearchParams(entries).toString();
}

export function partyOf(agent: TestAgent): Party {
  const { kty, crv, x, y, kid, alg } = agent.privateJwk;
  const read = importPublicJwk(JSON.parse(JSON.stringify({ kty, crv, x, y, kid, alg })));
  if ('problem' in read) throw new Error(read.problem);
  const privateKey = createPrivateKey({ key: agent.privateJwk, format: 'jwk' });
  return { id: agent.id, key: { ...read, privateKey } };
}

/** Registers a resource server with a fresh key. */
export async function resourceServer(broker: TestBroker, audience: string): Promise<Party> {
  const key = newKey('ES256');
  const admin = await broker.operator();
  const name = `rs-${randomUUID().slice(0, 8)}`;
  const body = { name, audience, jwks: { keys: [{ ...key.jwk }] } };
  const { id } = await admin.call('createResourceServer', { body });
  return { id, key };
}

export interface AssertionChange {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly key?: TestKey;
}

/** A client assertion as it should be, with whatever is changed about it; `undefined` removes. */
export function assertionBy(broker: TestBroker, party: Party, change: AssertionChange = {}) {
  const key = change.key ?? party.key;
  const now = Math.floor(Date.now() / 1000);
  const { issuer } = broker.config.http;
  return forge(
    key,
    { alg: key.alg, kid: key.kid, typ: 'client-authentication+jwt', ...change.header },
    {
      iss: party.id,
      sub: party.id,
      aud: issuer,
      jti: randomUUID(),
      iat: now,
      exp: now + 60,
      ...change.claims,
    },
  );
}

/** The parameters that authenticate a client. */
export function credentials(assertion: string): Params {
  return { client_assertion_type: ASSERTION_TYPE, client_assertion: assertion };
}

/** A token request with exactly this assertion. */
export function mintWith(broker: TestBroker, assertion: string, params: Params = {}) {
  return postForm(`${broker.url}/oauth/token`, {
    grant_type: 'client_credentials',
    ...credentials(assertion),
    ...params,
  });
}

/** A token request by a fresh assertion. */
export function mint(broker: TestBroker, party: Party, params: Params = {}) {
  return mintWith(broker, assertionBy(broker, party), params);
}

/** An access token for scopes. */
export async function tokenFor(broker: TestBroker, party: Party, scope?: string): Promise<string> {
  const answer = await mint(broker, party, { scope });
  if (answer.status !== 200) throw new Error(`no token: ${answer.text}`);
  return String(answer.body['access_token']);
}

export function introspect(broker: TestBroker, server: Party, token: string, params: Params = {}) {
  const auth = credentials(assertionBy(broker, server));
  return postForm(`${broker.url}/oauth/introspect`, { ...auth, token, ...params });
}

export function revoke(broker: TestBroker, party: Party, token: string, params: Params = {}) {
  const auth = credentials(assertionBy(broker, party));
  return postForm(`${broker.url}/oauth/revoke`, { ...auth, token, ...params });
}

/** Asks the JSON API with that bearer. */
export function call(broker: TestBroker, path: string, bearer: string, init: RequestInit = {}) {
  const headers = { authorization: `Bearer ${bearer}`, ...init.headers };
  return ask(`${broker.url}${path}`, { ...init, headers });
}

/** The parts of a JWT, unchecked. */
export function decoded(jwt: string): {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
} {
  const [header = '', claims = ''] = jwt.split('.');
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
  return { header: read(header), claims: read(claims) };
}
