import { notFound } from '../domain/errors.ts';
import type { AgentPrincipal } from '../domain/principal.ts';
import type { StatementResult } from '../ports/provider.ts';
import type { Broker } from './context.ts';
import { ownOperation } from './own.ts';

const context = (id: string) => `operation-result:${id}`;

export function sealResult(
  { sealer }: Pick<Broker, 'sealer'>,
  id: string,
  results: readonly StatementResult[],
): string {
  return sealer.seal(context(id), Buffer.from(JSON.stringify(results)));
}

/**
 * Gives out what the statements answered, to the agent that asked, once.
 * @throws notFound when there is none, or it was given out before, or its time is over
 */
export async function takeOperationResult(
  broker: Broker,
  principal: AgentPrincipal,
  id: string,
): Promise<readonly StatementResult[]> {
  await ownOperation(broker, principal, id);
  const box = await broker.operations.takeResult(id, {
    actor: principal.id,
    action: 'operation.result_given',
    subject: id,
    detail: {},
  });
  if (box === undefined) throw notFound('Result (it is given out once, within 10 minutes)');
  return JSON.parse(broker.sealer.open(context(id), box).toString()) as StatementResult[];
}
