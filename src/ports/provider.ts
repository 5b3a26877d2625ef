import type { SandboxChanges } from '../domain/changes.ts';
import type { Lease } from '../domain/lease.ts';
import type { Resource } from '../domain/resource.ts';
import type { Scope } from '../domain/scope.ts';
import type { Secret } from '../domain/secret.ts';
import type {
  TemplateDefinition,
  TemplateProgress,
  TemplateReport,
  TemplateVersion,
} from '../domain/template.ts';
import type { CanOperate } from './operating.ts';
import type { IssueRequest, Reach, RevokeRequest, RootCredential } from './reach.ts';

export type {
  CanOperate,
  ExecuteRequest,
  Execution,
  MeasureRequest,
  StatementResult,
} from './operating.ts';
export type { IssueRequest, Reach, RevokeRequest, RootCredential } from './reach.ts';

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
 * succeeds, but only on the server the lease was made on: anywhere else "not there" is a failure that says
 * so, and so it is for `renew` and `watch`; what an `issue` had under way when it was given up comes to nothing
 * once `revoke` has succeeded; no secret appears in an error; failures are `providerFailed(...)` of domain/errors;
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
  /** Milliseconds one statement under this scope may run; the watchdog holds sessions to it. 0: no such thing. */
  statementTimeoutMs(scope: Scope): number;
  /**
   * The server that a root credential names, e.g. `host:port/database`: kept with each lease. Pure, and
   * without any secret. @throws provider_misconfigured when the credential names none
   */
  serverOf(root: RootCredential): string;
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
  /** What the server says it is, where it can be read: tells it from another at the same address. */
  readonly serverIdentity?: string;
}

/** What the watchdog needs to know of a live lease. */
export type WatchedLease = Pick<Lease, 'outsideName' | 'server' | 'serverIdentity'> & {
  readonly statementTimeoutMs: number;
};

/** Optional abilities of a provider, each on its own. */
export interface CanRenew {
  /** Moves the outside expiry to `lease.expiresAt`; never widens what the credential may do. */
  renew(request: IssueRequest): Promise<void>;
}
export interface CanListOwned {
  /**
   * Outside names that carry our installation's marker, whatever their state, in pages: each name that is
   * there from the first page to the last comes, once or more. A page should cost its own size, not that of what
   * is left; one with few names, or none, need not be the last.
   */
  listOwned(request: Reach, page: PageOfOwned): Promise<OwnedPage>;
}
export interface PageOfOwned {
  /** Names at most. */
  readonly limit: number;
  /** `next` of the page before, whatever the provider means by it. */
  readonly after?: string;
}
export interface OwnedPage {
  readonly names: readonly string[];
  /** Absent on the last page. */
  readonly next?: string;
}
export interface CanProbe {
  probe(request: Reach): Promise<ProbeReport>;
}
export interface CanWatch {
  /**
   * One round of the watchdog over the leases that should be live on this resource: cancels overlong
   * statements, removes foreign members of lease roles, ends sessions of unknown roles of ours. Leases
   * that were made on another server cannot be looked after here, which is a failure to be reported.
   * @returns what it did, for the audit and for alarms
   */
  watch(request: Reach, live: readonly WatchedLease[]): Promise<WatchAction[]>;
}
/**
 * Changes the root credential at the resource, in steps the broker puts on record one by one: whatever
 * happens between them, the current value or the next one works, and both are known.
 *
 * Obligations: the new secret never travels or is logged in plain text, where the resource has a way to
 * avoid that; `rotateRoot` may be repeated, and is over before its signal fires or soon after.
 */
export interface CanRotateRoot {
  /**
   * The same root credential with a new secret in it; tells nobody.
   * @throws provider_misconfigured when it is not of a form that can be changed
   */
  nextRoot(root: RootCredential): Promise<Secret>;
  /** Makes `next` the secret that works, logged in with `root`; the one in `root` stops working. */
  rotateRoot(request: Omit<Reach, 'resource'> & { readonly next: Secret }): Promise<void>;
  /** Does it log in? @throws provider… when the resource does not say yes or no */
  acceptsRoot(request: Omit<Reach, 'resource'>): Promise<boolean>;
  /** Names the login at its server, so that two secrets that hold one login are seen to. Pure. */
  loginOf(root: RootCredential): string;
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

/** A template's database, and the server it was built on, as on record. */
export type TemplatePlace = Pick<TemplateVersion, 'database' | 'server' | 'serverIdentity'>;

/** A database to be built from another resource, masked on the way. */
export interface BuildRequest extends Reach {
  readonly template: TemplatePlace & {
    readonly name: string;
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
  /** Idempotent: already gone is success, but only on the server it was built on. */
  dropTemplate(request: Reach & { readonly template: TemplatePlace }): Promise<void>;
  /** Compares a lease's database with its template. Code an agent left there gets no rights by this. */
  changes(
    request: Reach & {
      readonly lease: Pick<Lease, 'outsideName'>;
      readonly template: TemplatePlace;
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
  Partial<
    CanRenew &
      CanListOwned &
      CanProbe &
      CanWatch &
      CanRotateRoot &
      CanSandbox &
      CanIdentify &
      CanOperate
  >;
