import { sessionEnded } from '../domain/people-errors.ts';
import type { Operator } from '../domain/operator.ts';
import type { BreakGlass } from '../ports/operator-tokens.ts';
import type { Session } from '../ports/sessions.ts';
import type { Broker } from './context.ts';
import { groupsOf } from './operator-groups.ts';

/** A session as the console sees it. */
export interface SessionView {
  readonly session: Session;
  readonly operator: Operator;
  readonly groups: readonly string[];
  readonly breakGlass: BreakGlass | undefined;
}

/** @param sha256 of the session's secret @throws sessionEnded */
export async function describeSession(
  broker: Pick<Broker, 'sessions' | 'operatorTokens' | 'policy'>,
  sha256: Buffer | undefined,
): Promise<SessionView> {
  const found = sha256 && (await broker.sessions.find(sha256));
  if (!found) throw sessionEnded();
  const { session, operator } = found;
  const groups = groupsOf(operator, activeGroups(broker));
  return { session, operator, groups, breakGlass: await broker.operatorTokens.lastBreakGlass() };
}

/** Groups of the active bundle; none where none is active. */
export function activeGroups(broker: Pick<Broker, 'policy'>) {
  const { policy } = broker;
  return policy.version() === undefined ? [] : [...policy.current().bundle.groups.values()];
}
