export type AgentState = 'active' | 'suspended' | 'retired';

/** Where the public keys of a client come from: written down, or fetched. */
export interface KeySource {
  readonly jwks?: { readonly keys: readonly Record<string, unknown>[] };
  readonly jwksUri?: string;
}

/** Names a key as what proved a client, whatever `kid` it goes by. @param thumbprint RFC 7638 */
export function keyProof(thumbprint: string): string {
  return `key:${thumbprint}`;
}

/** A secret that a client may authenticate by: kept as what its SHA-256 is, lower-case hex. */
export interface ClientSecret {
  readonly id: string;
  readonly sha256: string;
}

/** Names a client secret as what proved a client. */
export function secretProof(id: string): string {
  return `secret:${id}`;
}

/** A registered non-human caller. */
export interface Agent extends KeySource {
  readonly id: string;
  readonly name: string;
  /** E-mail of the person who answers for it. */
  readonly owner: string;
  readonly teams: readonly string[];
  readonly clientSecret?: ClientSecret;
  readonly state: AgentState;
  readonly managedBy: 'api' | 'bundle';
  /** Grows with every change; part of every cache key. */
  readonly version: number;
  readonly createdAt: number;
}

/** A registered service that accepts our tokens and introspects its own audience. */
export interface ResourceServer extends KeySource {
  readonly id: string;
  readonly name: string;
  readonly audience: string;
  readonly clientSecret?: ClientSecret;
  readonly createdAt: number;
}
