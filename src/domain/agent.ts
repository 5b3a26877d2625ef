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

/** A registered non-human caller. */
export interface Agent extends KeySource {
  readonly id: string;
  readonly name: string;
  /** E-mail of the person who answers for it. */
  readonly owner: string;
  readonly teams: readonly string[];
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
  readonly createdAt: number;
}
