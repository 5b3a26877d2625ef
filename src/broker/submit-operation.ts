import { canonicalJson } from '../audit/canonical.ts';
import {
  conflict,
  ended,
  insufficientScope,
  invalidScope,
  isBrokerError,
} from '../domain/errors.ts';
import type {
  BlastRadius,
  ExactOperation,
  ExactStatement,
  Operation,
} from '../domain/operation.ts';
import type { AgentPrincipal } from '../domain/principal.ts';
import type { GrantOfTask } from '../ports/tasks.ts';
import { beginOperation } from './begin-operation.ts';
import type { Broker } from './context.ts';
import { actionOf, decideOperation } from './decide-operation.ts';
import { digestOfExact, planOf } from './exact-operation.ts';
import { refuseWhenStale } from './freshness.ts';
import { keepOperation } from './keep-operation.ts';
import { measureOperation, NO_RADIUS, unknownRadius } from './measure-operation.ts';
import { operatingProvider } from './operating-provider.ts';
import { sealed } from './record.ts';
import { type Understood, understandStatements } from './understand-statements.ts';

/** What an agent wants run under a scope of its token. */
export interface OperationWish {
  readonly kind: ExactOperation['kind'];
  readonly scope: string;
  readonly statements: readonly ExactStatement[];
  /** How it is shown to persons; the statements with their values, unless said. */
  readonly plan?: readonly string[];
}

/**
 * Takes an operation: understand → decide by its own effect → count what it would reach → ask persons, where
 * the rules say so, or begin at once. Nothing of it runs before it is permitted, and approved.
 *
 * @throws insufficientScope | accessDenied | approvalUnavailable | provider… and what ended
 */
export async function submitOperation(
  broker: Broker,
  principal: AgentPrincipal,
  wish: OperationWish,
): Promise<Operation> {
  refuseWhenStale(broker);
  const { token } = principal;
  if (!token.grantId || !token.scope.split(' ').includes(wish.scope)) {
    throw insufficientScope(wish.scope);
  }
  const understood = await understandStatements(wish.statements);
  const found = await broker.grants.findWithTask(token.grantId);
  if (!found) throw ended('grant');
  try {
    return await take(broker, principal, wish, { understood, found });
  } catch (error) {
    await recordDenial(broker, principal, wish, understood, error);
    throw error;
  }
}

interface Ready {
  readonly understood: Understood;
  readonly found: GrantOfTask;
}

async function take(
  broker: Broker,
  principal: AgentPrincipal,
  wish: OperationWish,
  { understood, found }: Ready,
): Promise<Operation> {
  const { effect, problems } = understood;
  const first = { scope: wish.scope, action: effect, why: problems };
  const permitted = await decideOperation(broker, found, first);
  const { resource, scope } = permitted;
  if (scope.effect === 'sandbox') throw invalidScope('A sandbox is worked in by its own login.');
  const provider = operatingProvider(broker, resource);
  await broker.health.refuseUnhardened(resource);
  const root = await broker.secrets.read(resource.connection.url.secret);
  const server = provider.serverOf(root);
  const { kind, statements, plan = planOf(statements) } = wish;
  const exact = { kind, statements, scope: scope.id, resource: resource.name, server };
  const digest = digestOfExact(exact);
  const { agentId, taskId } = found.grant;
  // A repeat of what waits already costs no second count.
  const waiting = await broker.operations.pending({ agentId, taskId, digest });
  if (waiting) return waiting;
  const id = broker.newId('operation');
  const radius = await radiusOf(broker, understood, {
    operationId: id,
    grant: found.grant,
    tokenJti: principal.token.jti,
    resource,
    scope,
    provider,
    root,
    server,
    bundleVersion: permitted.bundleVersion,
  });
  if (kind === 'sandbox') refuseDrift(radius, statements.length);
  const action = actionOf({ effect, radius });
  const why = radius.why === undefined ? [] : [`What it would reach is not known: ${radius.why}.`];
  const decided =
    action === effect
      ? permitted
      : await decideOperation(broker, found, { scope: scope.id, action, why });
  const about = { id, exact, digest, radius, understood, decided, found, plan };
  const operation = await keepOperation(broker, principal, about);
  if (operation.approvalId === undefined) await beginOperation(broker, principal, operation);
  return (await broker.operations.find(operation.id)) ?? operation;
}

/** Each statement of a sandbox meets one row: another count means that the rows are not what they were. */
function refuseDrift({ rows }: BlastRadius, statements: number): void {
  if (rows === null || rows === statements) return;
  throw conflict(
    `Of ${statements} rows ${rows} are as the sandbox found them. Have its template refreshed, and work from a new one.`,
  );
}

async function radiusOf(
  broker: Broker,
  { effect, countables }: Understood,
  wish: Omit<Parameters<typeof measureOperation>[1], 'countables'>,
): Promise<BlastRadius> {
  if (effect === 'read') return NO_RADIUS;
  if (!countables) return unknownRadius('it is not a plain change of one table');
  return measureOperation(broker, { ...wish, countables });
}

const DENIALS = new Set(['access_denied', 'approval_unavailable', 'stopped', 'not_hardened']);

/** A refusal by the rules is an outcome worth keeping, with the statement it was about. */
async function recordDenial(
  broker: Broker,
  principal: AgentPrincipal,
  wish: OperationWish,
  { effect, problems }: Understood,
  error: unknown,
): Promise<void> {
  if (!isBrokerError(error) || !DENIALS.has(error.code)) return;
  const statements = canonicalJson(wish.statements.map(({ sql, params }) => [sql, [...params]]));
  await broker.auditLog.append([
    {
      actor: principal.id,
      action: 'operation.denied',
      subject: principal.id,
      detail: {
        scope: wish.scope,
        effect,
        code: error.code,
        rule: error.meta.hint?.rule ?? null,
        problems: problems.slice(0, 5),
        ...(await sealed(broker, principal.id, { operation: statements })),
      },
    },
  ]);
}
