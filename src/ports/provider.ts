import type { SandboxChanges } from '../domain/changes.ts';
import type { Lease } from '../domain/lease.ts';
import type { BlastRadius, Countable, ExactStatement, RowBounds } from '../domain/operation.ts';
import type { Resource } from '../domain/resource.ts';
import type { Scope } from '../domain/scope.ts';
import type { Secret } from '../domain/secret.ts';
import type {
  TemplateDefinition,
  TemplateProgress,
  TemplateReport,
  TemplateVersion,
} from '../domain/template.ts';

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

/** A role of the broker's own, made for one operation and removed like any lease. */
export interface OwnRole
  extends Pick<IssueRequest, 'lease' | 'resource' | 'scope' | 'root' | 'signal'> {
  /**
   * Told when the role is there, before it is used.
   * @throws leaseEnded when the lease was ended meanwhile: then nothing is to be run
   */
  readonly made: (secret: Secret, serverIdentity?: string) => Promise<void>;
}

export interface MeasureRequest extends OwnRole {
  /** One for each statement. */
  readonly countables: readonly Countable[];
}

/** What a statement answered. Values are as the server writes them as text. */
export interface StatementResult {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly (string | null)[])[];
  readonly rowCount: number;
}

export interface ExecuteRequest extends OwnRole {
  readonly statements: readonly ExactStatement[];
  /** Nothing is changed: the transaction is READ ONLY. */
  readonly readOnly: boolean;
  /** Rows that may change per `schema.table`; a change elsewhere is out of bounds. `unbounded`: approved as unknown. */
  readonly bounds: Readonly<Record<string, RowBounds>> | 'unbounded';
  readonly limits: { readonly rows: number; readonly bytes: number };
  /**
   * Told between the last count and COMMIT, which is sent only when this has resolved.
   * @param transaction names it for `outcomeOf`; absent when it changed nothing
   */
  readonly committing: (about: {
    readonly transaction?: string;
    readonly counts: Readonly<Record<string, number>>;
    readonly results: readonly StatementResult[];
  }) => Promise<void>;
}

/** `rolled_back`: the broker's own decision; `failed`: the server refused. Either way nothing was changed. */
export type Execution =
  | { readonly kind: 'committed'; readonly counts: Readonly<Record<string, number>> }
  | {
      readonly kind: 'rolled_back' | 'failed';
      readonly counts: Readonly<Record<string, number>>;
      /** A sentence, safe to show: of the server's words only those that name no data. */
      readonly reason: string;
    };

/** Runs operations itself, so that no credential reaches the agent. */
export interface CanOperate {
  /** Changes nothing, and runs nothing of the statements but conditions made of functions that are known. */
  measure(request: MeasureRequest): Promise<BlastRadius>;
  /**
   * Runs the statements, as they are, in one transaction.
   * @throws provider… when it is not known whether COMMIT arrived; before `committing` resolved, nothing was changed
   */
  execute(request: ExecuteRequest): Promise<Execution>;
  /** What became of a transaction. `unknown`: the server has forgotten it. */
  outcomeOf(
    request: Reach & { readonly lease: RevokeRequest['lease']; readonly transaction: string },
  ): Promise<'committed' | 'aborted' | 'running' | 'unknown'>;
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
