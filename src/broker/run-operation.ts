import { ended, isBrokerError } from '../domain/errors.ts';
import type { ExactOperation, Operation } from '../domain/operation.ts';
import type { Resource } from '../domain/resource.ts';
import type { Scope } from '../domain/scope.ts';
import type { NewLease } from '../ports/leases.ts';
import type { ExecuteRequest, Execution, RootCredential } from '../ports/provider.ts';
import { activating, endBrokerLease } from './broker-lease.ts';
import type { Broker } from './context.ts';
import type { OperatingProvider } from './operating-provider.ts';
import { operationEnded } from './operation-ended.ts';
import { sealResult } from './operation-result.ts';
import { resolveOperation } from './resolve-operation.ts';

/** Answers that a result may hold, and how long it waits to be fetched. */
const MOST = { rows: 1_000, bytes: 262_144 } as const;
const KEPT_MS = 600_000;

export interface OperationRun {
  readonly operation: Operation;
  readonly exact: ExactOperation;
  readonly lease: NewLease;
  readonly resource: Resource;
  readonly scope: Scope;
  readonly provider: OperatingProvider;
  readonly root: RootCredential;
  /** Milliseconds for all of it. */
  readonly workMs: number;
}

/**
 * Runs an operation that has begun. Its transaction and its counts are on record before COMMIT is sent: from
 * then on only the resource knows what became of it, and is asked. Its role ends in any case. Never throws:
 * what could not be finished here the job finishes.
 */
export async function runOperation(broker: Broker, run: OperationRun): Promise<void> {
  const { operation, lease } = run;
  let announced = false;
  const committing: ExecuteRequest['committing'] = async ({ results, ...about }) => {
    const expiresAt = broker.clock.now() + KEPT_MS;
    const result = { sealed: sealResult(broker, operation.id, results), expiresAt };
    if (!(await broker.operations.committing(operation.id, { ...about, result }))) {
      throw ended('lease');
    }
    announced = true;
  };
  let failure: unknown;
  try {
    await finish(broker, operation, await execute(broker, run, committing));
  } catch (error) {
    failure = error;
    if (!announced) await failed(broker, operation, error).catch(() => undefined);
  }
  await endBrokerLease(broker, lease, 'the operation is over', failure).catch(() => undefined);
  if (failure !== undefined && announced) {
    await resolveOperation(broker, operation.id).catch(() => undefined);
  }
}

function execute(
  broker: Broker,
  { operation, exact, lease, resource, scope, provider, root, workMs }: OperationRun,
  committing: ExecuteRequest['committing'],
): Promise<Execution> {
  const { radius } = operation;
  return provider.execute({
    lease,
    resource,
    scope,
    root,
    signal: AbortSignal.timeout(workMs),
    made: activating(broker, lease),
    statements: exact.statements,
    readOnly: operation.effect === 'read',
    bounds: radius.rows === null ? 'unbounded' : radius.bounds,
    limits: MOST,
    committing,
  });
}

async function finish(broker: Broker, operation: Operation, done: Execution): Promise<void> {
  const { counts } = done;
  if (done.kind === 'committed')
    await operationEnded(broker, operation, { state: 'succeeded', counts });
  else await operationEnded(broker, operation, { state: done.kind, counts, reason: done.reason });
}

/** Before the record of its transaction was made nothing can have been committed. */
async function failed(broker: Broker, operation: Operation, error: unknown): Promise<void> {
  const reason = isBrokerError(error)
    ? `${error.code}: ${error.detail} Nothing was changed.`
    : 'It was interrupted. Nothing was changed.';
  await operationEnded(broker, operation, { state: 'failed', reason });
}
