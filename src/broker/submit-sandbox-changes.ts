import { conflict } from '../domain/errors.ts';
import type { Operation } from '../domain/operation.ts';
import type { AgentPrincipal } from '../domain/principal.ts';
import { parseScopeId } from '../domain/scope.ts';
import { changesAsStatements } from './changes-as-statements.ts';
import type { Broker } from './context.ts';
import { leaseChanges } from './lease-changes.ts';
import { submitOperation } from './submit-operation.ts';

/**
 * Takes the rows that were changed in a sandbox as one operation on the database they came from: several
 * statements, all of them or none.
 *
 * @throws conflict for what cannot be carried over whole, or is no longer as the sandbox found it; and what
 *   `submitOperation` throws
 */
export async function submitSandboxChanges(
  broker: Broker,
  principal: AgentPrincipal,
  wish: { readonly scope: string; readonly lease: string },
): Promise<Operation> {
  const { template, changes } = await leaseChanges(broker, principal, wish.lease);
  const { source } = template;
  if (parseScopeId(wish.scope)?.resource !== source) {
    throw conflict(`The rows of this sandbox came from ${source}: ask for a scope of it.`);
  }
  const { statements, plan } = changesAsStatements(changes, template.report?.masked ?? {});
  return submitOperation(broker, principal, {
    kind: 'sandbox',
    scope: wish.scope,
    statements,
    plan,
  });
}
