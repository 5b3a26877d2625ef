import type { Decision } from '../domain/decision.ts';
import type { Signer } from '../domain/quorum.ts';
import type { DecisionRequest, Policy } from '../policy/policy.ts';
import type { AgentStore, ResourceServerStore } from '../ports/agents.ts';
import type { ApprovalPolls, ApprovalStore, ApprovalVotes } from '../ports/approvals.ts';
import type { AuditLog, Journal, PersonalDataSealer } from '../ports/audit-log.ts';
import type { BundleStore } from '../ports/bundles.ts';
import type { CeremonyStore } from '../ports/ceremonies.ts';
import type { Clock } from '../ports/clock.ts';
import type { EndingStore } from '../ports/endings.ts';
import type { Feed } from '../ports/feed.ts';
import type { IdempotencyStore } from '../ports/idempotency.ts';
import type { NewId } from '../ports/ids.ts';
import type { LeaseStore, RevocationQueue } from '../ports/leases.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { LinkStore } from '../ports/links.ts';
import type { OperatorTokenStore } from '../ports/operator-tokens.ts';
import type { OperatorStore } from '../ports/operators.ts';
import type { Passkeys, PasskeyStore } from '../ports/passkeys.ts';
import type { SigningKeyStore } from '../ports/keys.ts';
import type { OperationStore } from '../ports/operations.ts';
import type { Outbox } from '../ports/notices.ts';
import type { OverviewStore } from '../ports/overview.ts';
import type { AnyProvider } from '../ports/provider.ts';
import type { Reconciliations } from '../ports/reconciliations.ts';
import type { RestoreStore, WitnessKeeper } from '../ports/restores.ts';
import type { RootRotations } from '../ports/root-rotations.ts';
import type { SealedRows } from '../ports/sealed-rows.ts';
import type { Sealer } from '../ports/sealer.ts';
import type { SecretSource, SecretStore } from '../ports/secrets.ts';
import type { SessionStore } from '../ports/sessions.ts';
import type { SingleSignOn } from '../ports/single-sign-on.ts';
import type { SsoArrivals } from '../ports/sso-arrivals.ts';
import type { StopStore } from '../ports/stops.ts';
import type { TemplateStore } from '../ports/templates.ts';
import type { GrantStore, TaskStore, TokenStore } from '../ports/tasks.ts';
import type { AccessTokenIssuer, ClientProofs } from '../ports/tokens.ts';
import type { Wakeups } from '../ports/wakeups.ts';
import type { ActivePolicy } from './active-policy.ts';
import type { EventHub } from './event-hub.ts';
import type { Directory } from './directory.ts';
import type { ResourceHealth } from './resource-health.ts';
import type { TemplateBuilds } from './template-builds.ts';
import type { Waiters } from './waiters.ts';

export interface Limits {
  /** Live leases one agent may have. */
  readonly leasesPerAgent: number;
  /** Milliseconds an issue may take before its reservation is given up. */
  readonly issueTimeoutMs: number;
  /** Milliseconds one attempt to revoke may take. */
  readonly revokeTimeoutMs: number;
  /** Milliseconds of silence on the feed after which this process refuses. */
  readonly feedMaxAgeMs: number;
  /** Milliseconds persons have to answer, and the agent to use what they approved. */
  readonly approvalMs: number;
  /** Pending approvals one agent, or one operator with changes of the rules, may have. */
  readonly approvalsPerAsker: number;
}

/** Counters that the doors show as metrics. */
export interface Meter {
  count(
    name:
      | 'mint'
      | 'lease'
      | 'operation'
      | 'approval'
      | 'revocation'
      | 'refusal'
      | 'watchdog'
      | 'reconcile',
    outcome: string,
  ): void;
}

/** Everything the verbs need from the world; built once, in `main`. */
export interface Broker {
  readonly issuer: string;
  readonly installation: string;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly limits: Limits;
  readonly meter: Meter;
  readonly agents: AgentStore;
  readonly resourceServers: ResourceServerStore;
  readonly bundles: BundleStore;
  readonly tasks: TaskStore;
  readonly grants: GrantStore;
  readonly tokens: TokenStore;
  readonly ledger: Ledger;
  readonly leases: LeaseStore;
  readonly queue: RevocationQueue;
  readonly reconciliations: Reconciliations;
  readonly restores: RestoreStore;
  readonly witness: WitnessKeeper;
  /** A restored store that no admin has accepted yet: nothing is served, ended or removed. */
  readonly restoreHold: { open: boolean };
  readonly endings: EndingStore;
  readonly approvals: ApprovalStore;
  readonly approvalVotes: ApprovalVotes;
  readonly approvalPolls: ApprovalPolls;
  readonly wakeups: Wakeups;
  readonly events: EventHub;
  /** Requests that are held open until something happens. */
  readonly waiters: Waiters;
  /** Operators with a passkey who may answer by their role, with the groups that the active bundle gives them. */
  signers(): Promise<readonly Signer[]>;
  readonly operations: OperationStore;
  /** Seals what lies in the store for a while: operations, and what they answered. */
  readonly sealer: Sealer;
  readonly stops: StopStore;
  readonly feed: Feed;
  readonly operatorTokens: OperatorTokenStore;
  readonly operators: OperatorStore;
  readonly passkeys: Passkeys;
  readonly passkeyStore: PasskeyStore;
  /** Undefined where operators sign in by passkey only. */
  readonly singleSignOn: SingleSignOn | undefined;
  readonly ssoArrivals: SsoArrivals;
  readonly sessions: SessionStore;
  readonly ceremonies: CeremonyStore;
  readonly links: LinkStore;
  readonly idempotency: IdempotencyStore;
  readonly auditLog: AuditLog;
  readonly journal: Journal;
  readonly personal: PersonalDataSealer;
  readonly secrets: SecretSource;
  readonly secretStore: SecretStore;
  readonly rotations: RootRotations;
  readonly signingKeys: SigningKeyStore;
  readonly sealedRows: SealedRows;
  readonly accessTokens: AccessTokenIssuer;
  readonly clientProofs: ClientProofs;
  /** Whether clients may authenticate by a secret too. */
  readonly clientSecrets: boolean;
  readonly providers: ReadonlyMap<string, AnyProvider>;
  readonly policy: ActivePolicy;
  /** Decides, through the decision cache where that is on. */
  decide(policy: Policy, agentVersion: number, request: DecisionRequest): Decision;
  readonly directory: Directory;
  readonly health: ResourceHealth;
  readonly templates: TemplateStore;
  readonly overview: OverviewStore;
  readonly outbox: Outbox;
  /** Names of the ways to reach people that are set up. */
  readonly channels: readonly string[];
  readonly templateBuilds: TemplateBuilds;
}
