import type { KeySource } from '../domain/agent.ts';

/** Claims of an access token (RFC 9068 §2.2). Times are seconds. No secret and no personal data. */
export interface AccessTokenClaims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string;
  readonly client_id: string;
  readonly iat: number;
  readonly exp: number;
  readonly jti: string;
  readonly scope?: string;
  readonly task_id?: string;
  readonly grant_id?: string;
  readonly authorization_details?: readonly { readonly type: 'task'; readonly task_id: string }[];
}

/** Mints and verifies our access tokens. `verify` says nothing about audience or revocation. */
export interface AccessTokenIssuer {
  mint(claims: Omit<AccessTokenClaims, 'iss'>): string;
  verify(jwt: unknown): AccessTokenClaims | undefined;
}

/** A client as registered: where its keys are, and a version that changes with them. */
export interface RegisteredClient extends KeySource {
  readonly id: string;
  readonly version: number;
}

/** What a verified client assertion proved; `expiresAt` in Unix milliseconds. */
export interface ClientProof {
  readonly clientId: string;
  readonly jti: string;
  readonly expiresAt: number;
  /** Which of the client's credentials it was: {@link keyProof}. */
  readonly provenBy: string;
}

/**
 * Verifies `private_key_jwt` (RFC 7523). Costs the same whether the client exists or not, and says
 * nothing about which check failed. Replay is the caller's: mark `(clientId, jti)` afterwards.
 */
export interface ClientProofs {
  prove(
    assertion: unknown,
    find: (clientId: string) => Promise<RegisteredClient | undefined>,
  ): Promise<ClientProof | undefined>;
  /** Problems of keys somebody wants to register, as a sentence; undefined when they are fine. */
  problemOf(source: KeySource): string | undefined;
  /** What tokens are proven by under these keys; none for keys behind a URI, which are not known here. */
  proofsOf(source: KeySource): string[];
  /** Ids and algorithms of registered keys, for showing. */
  describe(source: KeySource): { kid: string; alg: string }[];
}
