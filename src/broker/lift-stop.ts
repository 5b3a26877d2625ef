import { conflict, notFound } from '../domain/errors.ts';
import type { OperatorPrincipal } from '../domain/principal.ts';
import type { Stop } from '../domain/stop.ts';
import type { Broker } from './context.ts';
import { resumeAgent } from './manage-agents.ts';
import { sealed } from './record.ts';

/** Lifts a standing stop; lifting an agent's stop resumes the agent. @throws notFound | conflict */
export async function liftStop(
  broker: Broker,
  operator: OperatorPrincipal,
  id: string,
  reason: string,
): Promise<Stop> {
  const stop = await broker.stops.find(id);
  if (!stop) throw notFound('Stop');
  if (stop.liftedAt !== undefined) throw conflict('This stop was lifted already.');
  if ((await broker.restores.open())?.stopId === id) {
    throw conflict('The store was restored. On its host: countersign restore show, then accept.');
  }
  if (stop.kind === 'agent') {
    await resumeAgent(broker, operator, stop.target, reason);
  } else {
    const lifted = await broker.stops.lift(
      id,
      { actor: operator.id, reason },
      {
        actor: operator.id,
        action: 'stop.lifted',
        subject: id,
        detail: { kind: stop.kind, ...(await sealed(broker, operator.id, { reason })) },
      },
    );
    if (!lifted) throw conflict('This stop was lifted already.');
    await broker.feed.catchUp();
  }
  const now = await broker.stops.find(id);
  if (!now) throw notFound('Stop');
  return now;
}
