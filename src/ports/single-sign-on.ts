import type { OidcPerson } from '../domain/operator.ts';
import type { OperatorRole } from '../domain/principal.ts';

/** What must come back as it was sent; kept in the store meanwhile. */
export interface SsoSecrets {
  readonly state: string;
  readonly nonce: string;
  /** PKCE (RFC 7636). */
  readonly verifier: string;
}

/** Who the identity provider says it is. */
export interface SsoIdentity {
  readonly oidc: OidcPerson;
  /** Lower case; undefined where the provider has verified none. */
  readonly email: string | undefined;
  readonly name: string | undefined;
  /** The highest that the configured groups give; undefined where none does. */
  readonly role: OperatorRole | undefined;
}

export type SsoVerdict =
  | { readonly ok: true; readonly identity: SsoIdentity }
  /** For the log: what the provider said, or what did not fit. */
  | { readonly ok: false; readonly reason: string };

/** Sign-in at one OpenID provider (authorization code with PKCE). */
export interface SingleSignOn {
  /** As the sign-in page calls it. */
  readonly name: string;
  /** Where to send the browser. @throws when the provider cannot be reached */
  authorizationUrl(secrets: SsoSecrets): Promise<string>;
  /** @param parameters of the answer, as the browser brought them. Never throws. */
  identify(parameters: Readonly<Record<string, string>>, secrets: SsoSecrets): Promise<SsoVerdict>;
}

/** The way out that it uses, under the rules of the network; as `fetch`, without redirects. */
export type OutboundFetch = (
  url: string,
  init: {
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string | undefined;
  },
) => Promise<Response>;
