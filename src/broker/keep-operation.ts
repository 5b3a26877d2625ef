import { canonicalJson } from '../audit/canonical.ts';
import type { AuditDraft } from '../audit/entry.ts';
import type { Approval } from '../domain/approval.ts';
import type { BlastRadius, ExactOperation, Operation } from '../domain/operation.ts';
import type { AgentPrincipal } from '../domain/principal.ts';
import type { GrantOfTask } from '../ports/tasks.ts';
import type { Broker } from './context.ts';
import { actionOf, type PermittedOperation } from './decide-operation.ts';
import { asJson, sealExact } from './exact-operation.ts';
import { boundsAsJson, termsOf } from './operation-terms.ts';
import { sealed } from './record.ts';
import { requestApproval } from './request-approval.ts';
import type { Understood } from './understand-statements.ts';

/** An operation that is permitted, with everything that is known of it. */
export interface ReadyOperation {
  readonly id: string;
  readonly exact: ExactOperation;
  readonly digest: string;
  readonly radius: BlastRadius;
  readonly understood: Understood;
  readonly decided: PermittedOperation;
  readonly found: GrantOfTask;
  /** As it is shown to persons. */
  readonly plan: readonly string[];
}

/**
 * Puts an operation on record: waiting for persons, where the rules ask for them, who are asked first.
 * @throws what `requestApproval` throws
 */
export async function keepOperation(
  broker: Broker,
  principal: AgentPrincipal,
  ready: ReadyOperation,
): Promise<Operation> {
  const { id, exact, decided, understood, found } = ready;
  const { agent, terms, resource, scope } = decided;
  const approval = terms.approvals.length > 0 ? await ask(broker, ready) : undefined;
  return broker.operations.submit(
    {
      id,
      kind: exact.kind,
      agentId: agent.id,
      taskId: found.task.id,
      grantId: found.grant.id,
      tokenJti: principal.token.jti,
      resource: resource.name,
      scope: scope.id,
      effect: understood.effect,
      digest: ready.digest,
      tables: understood.tables,
      radius: ready.radius,
      sealed: sealExact(broker, id, exact),
      createdAt: broker.clock.now(),
      ...(approval ? { approvalId: approval.id } : {}),
    },
    await requestedEntry(broker, ready, approval),
  );
}

async function ask(broker: Broker, ready: ReadyOperation): Promise<Approval> {
  const { exact, decided, understood, radius, found } = ready;
  const { scope, resource, agent, terms } = decided;
  const { effect } = understood;
  const { approval } = await requestApproval(broker, {
    kind: 'operation',
    agent,
    task: found.task,
    operation: asJson(exact),
    terms: termsOf(decided, { effect, radius }),
    requirements: terms.approvals,
    resources: [resource.name],
    bundleVersion: decided.bundleVersion,
    card: {
      scope: scope.id,
      resource: resource.name,
      environment: resource.environment,
      effect: actionOf({ effect, radius }),
      reversibility: reversibilityOf(understood, radius),
      plan: ready.plan,
      blastRadius: radius,
      tables: understood.tables,
      words: wordsOf(found.task),
    },
  });
  return approval;
}

async function requestedEntry(
  broker: Broker,
  { id, exact, digest, decided, understood, radius, found }: ReadyOperation,
  approval: Approval | undefined,
): Promise<AuditDraft> {
  const { agent, scope, rules } = decided;
  return {
    actor: agent.id,
    action: 'operation.requested',
    subject: id,
    detail: {
      task: found.task.id,
      grant: found.grant.id,
      scope: scope.id,
      effect: understood.effect,
      rules: [...rules],
      operation_digest: digest,
      rows: radius.rows,
      bounds: boundsAsJson(radius),
      ...(radius.why === undefined ? {} : { not_counted: true }),
      approval: approval?.id ?? null,
      // The exact bytes may hold anything, personal data included: the digest speaks for them.
      ...(await sealed(broker, agent.id, { operation: canonicalJson(asJson(exact)) })),
    },
  };
}

function wordsOf({ purpose, ticket }: GrantOfTask['task']) {
  return {
    ...(purpose === '' ? {} : { purpose }),
    ...(ticket === undefined ? {} : { ticket }),
  };
}

/** Rows that are added can be taken out again, as long as nothing else happens with them. */
function reversibilityOf(
  { onlyAdds }: Understood,
  radius: BlastRadius,
): 'reversible' | 'irreversible' | 'unknown' {
  if (radius.rows === null) return 'unknown';
  const alone = radius.cascades.length === 0 && radius.triggers.length === 0;
  return onlyAdds && alone ? 'reversible' : 'irreversible';
}
