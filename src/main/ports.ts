import type { Broker } from '../broker/context.ts';
import type { SubjectKeyStore, WrappedMasterKeyStore } from '../ports/keys.ts';
import type { RootRotationRows } from '../ports/root-rotations.ts';
import type { SecretRows } from '../ports/secrets.ts';
import type { Upkeep } from '../ports/upkeep.ts';
import { createAgentStore } from '../store/agents.ts';
import { createApprovalPolls } from '../store/approval-polls.ts';
import { createApprovalVotes } from '../store/approval-votes.ts';
import { createApprovalStore } from '../store/approvals.ts';
import { createAuditLog } from '../store/audit-log.ts';
import { createBundleStore } from '../store/bundles.ts';
import { createCeremonyStore } from '../store/ceremonies.ts';
import { createEndingStore } from '../store/endings.ts';
import { createGrantStore, createTokenStore } from '../store/grants.ts';
import { createIdempotencyStore } from '../store/idempotency.ts';
import { createSealedRows } from '../store/sealed-rows.ts';
import { createSessionStore } from '../store/sessions.ts';
import { createSigningKeyStore } from '../store/signing-keys.ts';
import { createSubjectKeyStore } from '../store/subject-keys.ts';
import { createLeaseStore } from '../store/leases.ts';
import { createLedger } from '../store/ledger.ts';
import { createLinkStore } from '../store/links.ts';
import { createWrappedMasterKeyStore } from '../store/master-keys.ts';
import { createOperationStore } from '../store/operations.ts';
import { createOperatorTokenStore } from '../store/operator-tokens.ts';
import { createOutbox } from '../store/outbox.ts';
import { createOverviewStore } from '../store/overview.ts';
import { createOperatorStore } from '../store/operators.ts';
import { createPasskeyStore } from '../store/passkeys.ts';
import type { Pool } from '../store/pool.ts';
import { createReconciliations } from '../store/reconciliations.ts';
import { createResourceServerStore } from '../store/resource-servers.ts';
import { createRestoreStore } from '../store/restores.ts';
import { createRevocationQueue } from '../store/revocation-queue.ts';
import { createRootRotationRows } from '../store/root-rotations.ts';
import { createSecretRows } from '../store/secrets.ts';
import { createSsoArrivals } from '../store/sso-arrivals.ts';
import { createStopStore } from '../store/stops.ts';
import { createTaskStore } from '../store/tasks.ts';
import { createTemplateStore } from '../store/templates.ts';
import { createUpkeep } from '../store/upkeep.ts';

/** The ports that the store fills. */
export type StorePorts = Pick<
  Broker,
  | 'agents'
  | 'resourceServers'
  | 'bundles'
  | 'tasks'
  | 'grants'
  | 'tokens'
  | 'ledger'
  | 'leases'
  | 'queue'
  | 'reconciliations'
  | 'restores'
  | 'endings'
  | 'approvals'
  | 'approvalVotes'
  | 'approvalPolls'
  | 'operations'
  | 'stops'
  | 'operatorTokens'
  | 'operators'
  | 'passkeyStore'
  | 'sessions'
  | 'ceremonies'
  | 'ssoArrivals'
  | 'links'
  | 'idempotency'
  | 'auditLog'
  | 'signingKeys'
  | 'sealedRows'
  | 'templates'
  | 'overview'
  | 'outbox'
> & {
  readonly secretRows: SecretRows;
  readonly rotationRows: RootRotationRows;
  readonly subjectKeys: SubjectKeyStore;
  readonly masterKeys: WrappedMasterKeyStore;
  readonly upkeep: Upkeep;
};

/**
 * @param narrowing a small pool for what it takes to stop something: whatever fills the other one, with
 *   callers or with waiting for a lock, an operator still gets through
 */
export function createStorePorts(pool: Pool, narrowing: Pool): StorePorts {
  return {
    agents: createAgentStore(narrowing),
    resourceServers: createResourceServerStore(pool),
    bundles: createBundleStore(pool),
    tasks: createTaskStore(pool),
    grants: createGrantStore(pool),
    tokens: createTokenStore(pool),
    ledger: createLedger(pool),
    leases: createLeaseStore(pool),
    queue: createRevocationQueue(narrowing),
    reconciliations: createReconciliations(pool),
    restores: createRestoreStore(narrowing),
    endings: createEndingStore(narrowing),
    approvals: createApprovalStore(pool, narrowing),
    approvalVotes: createApprovalVotes(pool),
    approvalPolls: createApprovalPolls(pool),
    operations: createOperationStore(pool),
    stops: createStopStore(pool),
    operatorTokens: createOperatorTokenStore(narrowing),
    operators: createOperatorStore(narrowing),
    passkeyStore: createPasskeyStore(narrowing),
    sessions: createSessionStore(narrowing),
    ceremonies: createCeremonyStore(pool),
    ssoArrivals: createSsoArrivals(pool),
    links: createLinkStore(pool),
    idempotency: createIdempotencyStore(pool),
    auditLog: createAuditLog(pool),
    templates: createTemplateStore(pool),
    overview: createOverviewStore(narrowing),
    outbox: createOutbox(pool),
    secretRows: createSecretRows(pool),
    rotationRows: createRootRotationRows(pool),
    sealedRows: createSealedRows(pool),
    signingKeys: createSigningKeyStore(pool),
    subjectKeys: createSubjectKeyStore(pool),
    masterKeys: createWrappedMasterKeyStore(pool),
    upkeep: createUpkeep(pool),
  };
}
