import * as client from 'openid-client';
import type { OperatorRole } from '../domain/principal.ts';
import type { Secret } from '../domain/secret.ts';
import type {
  OutboundFetch,
  SingleSignOn,
  SsoIdentity,
  SsoSecrets,
  SsoVerdict,
} from '../ports/single-sign-on.ts';
import { identityOf } from './sso-identity.ts';

/** Milliseconds after which the provider's metadata is read again. */
const METADATA_MS = 3_600_000;

export interface SsoOptions {
  /** Of the provider, exactly as its metadata says it (row W5). */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly name: string;
  readonly scope: string;
  readonly groupsClaim: string;
  /** What each group may do. */
  readonly roles: ReadonlyMap<string, OperatorRole>;
  /** Where the provider sends the browser back to. */
  readonly redirectUri: string;
  readonly send: OutboundFetch;
  /** Monotonic milliseconds. */
  readonly monotonic: () => number;
}

/** Sign-in at an OpenID provider by the authorization code flow with PKCE, state and nonce. */
export function createSingleSignOn(options: SsoOptions): SingleSignOn {
  let known:
    | { readonly at: number; readonly configuration: Promise<client.Configuration> }
    | undefined;

  function configuration(): Promise<client.Configuration> {
    if (known && options.monotonic() - known.at < METADATA_MS) return known.configuration;
    const fresh = discover(options);
    known = { at: options.monotonic(), configuration: fresh };
    // What failed is tried again by whoever comes next.
    fresh.catch(() => {
      known = undefined;
    });
    return fresh;
  }

  return {
    name: options.name,
    authorizationUrl: async ({ state, nonce, verifier }) => {
      const at = await configuration().catch((error: unknown) => {
        throw new Error(reasonOf(error), { cause: error });
      });
      return client.buildAuthorizationUrl(at, {
        redirect_uri: options.redirectUri,
        scope: options.scope,
        state,
        nonce,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      }).href;
    },
    identify: async (parameters, secrets): Promise<SsoVerdict> => {
      try {
        const at = await configuration();
        return { ok: true, identity: await identify(options, at, parameters, secrets) };
      } catch (error) {
        return { ok: false, reason: reasonOf(error) };
      }
    },
  };
}

function discover(options: SsoOptions): Promise<client.Configuration> {
  const { issuer, clientId, clientSecret, send } = options;
  return client.discovery(
    new URL(issuer),
    clientId,
    undefined,
    authentication(clientSecret.reveal()),
    {
      [client.customFetch]: (url, { method, headers, body }) =>
        // Forms and nothing else are posted in this flow.
        send(url, {
          method,
          headers,
          body: body instanceof URLSearchParams ? body.toString() : undefined,
        }),
      // Whether http is allowed is decided by the way out, for exactly the listed hosts.
      execute: [
        client.enableNonRepudiationChecks,
        ...(issuer.startsWith('http:') ? [client.allowInsecureRequests] : []),
      ],
    },
  );
}

/** RFC 8414 §2: a provider that lists no method takes client_secret_basic. */
function authentication(secret: string): client.ClientAuth {
  const [basic, post] = [client.ClientSecretBasic(secret), client.ClientSecretPost(secret)];
  return (server, metadata, body, headers) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const way = methods.includes('client_secret_basic') ? basic : post;
    return way(server, metadata, body, headers);
  };
}

async function identify(
  options: SsoOptions,
  configuration: client.Configuration,
  parameters: Readonly<Record<string, string>>,
  { state, nonce, verifier }: SsoSecrets,
): Promise<SsoIdentity> {
  const answer = new URL(options.redirectUri);
  for (const [name, value] of Object.entries(parameters)) answer.searchParams.set(name, value);
  const tokens = await client.authorizationCodeGrant(configuration, answer, {
    expectedState: state,
    expectedNonce: nonce,
    pkceCodeVerifier: verifier,
    idTokenExpected: true,
  });
  const claims = tokens.claims();
  if (!claims) throw new Error('no ID token');
  const hasMore = configuration.serverMetadata().userinfo_endpoint !== undefined;
  const more = hasMore
    ? await client.fetchUserInfo(configuration, tokens.access_token, claims.sub)
    : {};
  // What is signed comes last, and so it holds.
  return identityOf({ ...more, ...claims }, options);
}

/** What may be logged: a code of OAuth or of the system, or our own words; never a value. */
function reasonOf(error: unknown): string {
  if (error instanceof client.AuthorizationResponseError) return `the provider said ${error.error}`;
  if (error instanceof client.ResponseBodyError) return `the token endpoint said ${error.error}`;
  if (!(error instanceof Error)) return 'failed';
  // The library wraps what the way out threw.
  if (error.cause instanceof Error) return reasonOf(error.cause);
  return 'code' in error ? String(error.code) : error.message;
}
