import type { SandboxChanges } from '../domain/changes.ts';
import type { Lease } from '../domain/lease.ts';
import type { Resource } from '../domain/resource.ts';
import type { Scope } from '../domain/scope.ts';
import type { Secret } from '../domain/secret.ts';
import type { TemplateDefinition, TemplateProgress, TemplateReport } from '../domain/template.ts';

/** What a provider needs to know to issue one credential. */
export interface IssueRequest {
  readonly lease: Pick<Lease, 'id' | 'outsideName' | 'expiresAt'>;
  readonly resource: Resource;
  readonly scope: Scope;
  /** The root credential, for the moment of use; its generation changes with every new value. */
  readonly root: RootCredential;
  readonly signal: AbortSignal;
  /** For a scope of effect `sandbox`: the database that is cloned. */
  readonly template?: { readonly database: string };
}

export interface RootCredential {
  readonly value: Secret;
  readonly generation: number;
}

export interface RevokeRequest {
  readonly lease: Pick<Lease, 'id' | 'outsideName'>;
  readonly resource: Resource;
  readonly root: RootCredential;
  readonly signal: AbortSignal;
  /** Told once the first count is zero, well before the proof is complete; again if it did not hold. */
  readonly onFirstZero?: (ms: number) => void;
}

/** What it takes to reach a resource as its admin. */
export type Reach = Pick<RevokeRequest, 'resource' | 'root' | 'signal'>;

/** Proof of death. Already gone counts as success, with `sessionsSeen` 0. */
export interface RevokeResult {
  /** Milliseconds from the call to the first count of zero sessions, by a monotonic clock. */
  readonly msToFirstZero: number;
  readonly sessionsSeen: number;
}

/** One thing that is missing or too much at the downstream, and the statements that mend it. */
export interface Finding {
  /** Stable id, e.g. `public-temp`; those in ACCEPTABLE_GAPS may be accepted by a resource file. */
  readonly id: string;
  /** `blocking`: issuing is refused. `gap`: what PUBLIC gives away. `advice`: should be mended. */
  readonly severity: 'blocking' | 'gap' | 'advice';
  readonly message: string;
  readonly sql: readonly string[];
}

export interface ProbeReport {
  readonly reachable: boolean;
  readonly serverVersion?: string;
  /** No finding of severity `blocking` or `gap` is left that the resource file does not accept. */
  readonly hardened: boolean;
  readonly findings: readonly Finding[];
}

/**
 * Issues and revokes credentials for one kind of downstream. It never sees the store, the clock
 * or the policy.
 *
 * Obligations: `issue` and `revoke` are idempotent by `outsideName`; `revoke` of what is already gone
 * succeeds; no secret appears in an error; failures are `providerFailed(...)` of domain/errors;
 * an aborted `signal` ends the call soon. The installation id, which marks every outside name as ours,
 * is given to the provider when it is built.
 */
export interface Provider {
  readonly kind: string;
  /** Seconds. */
  readonly lifetimes: { readonly shortest: number; readonly longest: number };
  readonly revocation: 'immediate' | 'expiry_only';
  /** Problems of a scope's constraints in that resource, as sentences; empty when it can be issued. */
  checkScope(resource: Pick<Resource, 'kind' | 'environment'>, scope: Scope): string[];
  /** Milliseconds one statement under this scope may run; the watchdog holds sessions to it. */
  statementTimeoutMs(scope: Scope): number;
  /** The exact statements `issue` would run, secrets replaced by placeholders. Pure. */
  plan(request: Omit<IssueRequest, 'root' | 'signal'>): string[];
  issue(request: IssueRequest): Promise<IssuedCredential>;
  revoke(request: RevokeRequest): Promise<RevokeResult>;
  close(): Promise<void>;
}

export interface IssuedCredential {
  /** Handed to the agent once and kept nowhere. `type` names the shape. */
  readonly credential: Readonly<Record<string, unknown>> & { readonly type: string };
  /** The secret inside `credential`: only its SHA-256 is recorded. */
  readonly secret: Secret;
  /** Anything the agent should know that is no secret, e.g. the columns it may read. */
  readonly info?: Readonly<Record<string, unknown>>;
}

/** Optional abilities of a provider, each on its own. */
export interface CanRenew {
  /** Moves the outside expiry to `lease.expiresAt`; never widens what the credential may do. */
  renew(request: IssueRequest): Promise<void>;
}
export interface CanListOwned {
  /** Outside names that carry our installation's marker, whatever their state. */
  listOwned(request: Reach): Promise<string[]>;
}
export interface CanProbe {
  probe(request: Reach): Promise<ProbeReport>;
}
export interface CanWatch {
  /**
   * One round of the watchdog over the leases that should be live on this resource: cancels overlong
   * statements, removes foreign members of lease roles, ends sessions of unknown roles of ours.
   * @returns what it did, for the audit and for alarms
   */
  watch(
    request: Reach,
    live: readonly { outsideName: string; statementTimeoutMs: number }[],
  ): Promise<WatchAction[]>;
}
export interface WatchAction {
  /** `size_exceeded`: the lease is locked out and must be ended. */
  readonly kind:
    | 'statement_cancelled'
    | 'foreign_member_removed'
    | 'session_ended'
    | 'size_exceeded';
  readonly outsideName: string;
  readonly detail: string;
}

/** A database to be built from another resource, masked on the way. */
export interface BuildRequest extends Reach {
  readonly template: {
    readonly name: string;
    readonly database: string;
    readonly definition: TemplateDefinition;
  };
  /** Where the rows come from: read only. */
  readonly source: Pick<Reach, 'resource' | 'root'>;
  readonly onProgress: (progress: TemplateProgress) => void;
}

/** Disposable databases, cloned from templates. */
export interface CanSandbox {
  /** Builds one version. What it leaves behind on failure is for `dropTemplate`. */
  buildTemplate(request: BuildRequest): Promise<TemplateReport>;
  /** Idempotent: already gone is success. */
  dropTemplate(request: Reach & { readonly database: string }): Promise<void>;
  /** Compares a lease's database with its template. Code an agent left there gets no rights by this. */
  changes(
    request: Reach & {
      readonly lease: Pick<Lease, 'outsideName'>;
      readonly template: { readonly database: string };
    },
  ): Promise<SandboxChanges>;
}

/** Which server a resource is on, however it is addressed. */
export interface ServerIdentity {
  /** Given by the server itself; absent when it could not be asked. */
  readonly id?: string;
  /** `address:port` of every address its name resolves to. */
  readonly addresses: readonly string[];
}
export interface CanIdentify {
  identify(request: Reach): Promise<ServerIdentity>;
}

/** A provider with whatever it can do beyond issuing and revoking. */
export type AnyProvider = Provider &
  Partial<CanRenew & CanListOwned & CanProbe & CanWatch & CanSandbox & CanIdentify>;
