import type { Lease } from '../domain/lease.ts';
import type { Resource } from '../domain/resource.ts';
import type { Scope } from '../domain/scope.ts';
import type { Secret } from '../domain/secret.ts';

/** What a provider needs to know to issue one credential. */
export interface IssueRequest {
  readonly lease: Pick<
    Lease,
    'id' | 'outsideName' | 'expiresAt' | 'server' | 'serverIdentity' | 'outsideHandle'
  >;
  readonly resource: Resource;
  readonly scope: Scope;
  /** The root credential, for the moment of use; its generation changes with every new value. */
  readonly root: RootCredential;
  readonly signal: AbortSignal;
  /**
   * For a downstream that makes its own names: commits what is needed to find the credential again, before
   * anything hangs on it. A later one replaces it. At most 1 KiB, no secret. The broker always gives this.
   * @throws leaseEnded when the lease was ended meanwhile: then nothing is to be made
   */
  readonly keepHandle?: (handle: string) => Promise<void>;
  /** Persons approved that this login changes rows of a protected environment: the only way one may. */
  readonly countersigned?: true;
  /** For a scope of effect `sandbox`: the database that is cloned. */
  readonly template?: { readonly database: string };
}

export interface RootCredential {
  readonly value: Secret;
  readonly generation: number;
}

export interface RevokeRequest {
  readonly lease: Pick<Lease, 'id' | 'outsideName' | 'server' | 'serverIdentity' | 'outsideHandle'>;
  readonly resource: Resource;
  readonly root: RootCredential;
  readonly signal: AbortSignal;
  /** Told once the first count is zero, well before the proof is complete; again if it did not hold. */
  readonly onFirstZero?: (ms: number) => void;
}

/** What it takes to reach a resource as its admin. */
export type Reach = Pick<RevokeRequest, 'resource' | 'root' | 'signal'>;
