import { localError } from './error.ts';
import { Metadata } from './oauth-schemas.ts';
import {
  type PrivateJwk,
  readPrivateKey,
  type SigningAlgorithm,
  type SigningKey,
} from './private-key.ts';
import { signAssertion } from './sign-assertion.ts';
import {
  type Limits,
  readJson,
  send,
  type Transport,
  transportTo,
  withoutEndSlashes,
} from './transport.ts';

export interface CallerOptions {
  /** Base URL of the broker. */
  readonly url: string;
  /**
   * The issuer an assertion may name as its audience. Needed only where `url` is not the broker's
   * public address; without it the broker at `url` must call itself `url`, or be on this machine.
   */
  readonly issuer?: string;
  /** A private JWK (object or JSON text) or PEM text. */
  readonly privateKey: PrivateJwk | string;
  /** For RSA keys: PS256 unless said. */
  readonly alg?: SigningAlgorithm;
  readonly fetch?: typeof fetch;
}

/** Sends forms to the OAuth endpoints, authenticated by a fresh assertion each. */
export type PostForm = (
  path: string,
  form: Readonly<Record<string, string | undefined>>,
  limits?: Limits,
) => Promise<Response>;

/** @param clientId `agt_…` or `rs_…`; @throws TypeError for a key that cannot sign */
export function createOAuthCaller(
  clientId: string,
  options: CallerOptions,
): { transport: Transport; post: PostForm } {
  const transport = transportTo(options.url, options.fetch);
  const key: SigningKey = readPrivateKey(options.privateKey, options.alg);
  let issuer: string | undefined;
  const post: PostForm = async (path, form, limits) => {
    issuer ??= await discoverIssuer(transport, options.issuer, limits);
    const body = new URLSearchParams();
    for (const [name, value] of Object.entries(form)) {
      if (value !== undefined) body.set(name, value);
    }
    body.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    body.set('client_assertion', signAssertion(key, clientId, issuer, Date.now()));
    const headers = { accept: 'application/json' };
    return send(transport, path, { method: 'POST', headers, body }, limits);
  };
  return { transport, post };
}

/**
 * The issuer by RFC 8414 §3. A server that names somebody else as issuer could have us sign an
 * assertion for that one and use it there, so the name must be the address we called, the one the
 * caller gave, or come from this machine.
 */
async function discoverIssuer(
  transport: Transport,
  expected: string | undefined,
  limits?: Limits,
): Promise<string> {
  const { pathname } = new URL(transport.url);
  const suffix = pathname === '/' ? '' : pathname;
  const origin = { ...transport, url: new URL(transport.url).origin };
  const path = `/.well-known/oauth-authorization-server${suffix}`;
  const { issuer } = await readJson(await send(origin, path, {}, limits), Metadata);
  if (expected !== undefined ? issuer === expected : isSelf(transport.url, issuer)) return issuer;
  const wanted = expected ?? transport.url;
  throw localError(
    'unexpected_response',
    `The broker at ${transport.url} calls itself ${issuer}, not ${wanted}; name that issuer if you trust it.`,
  );
}

function isSelf(url: string, issuer: string): boolean {
  if (withoutEndSlashes(issuer) === url) return true;
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);
}
