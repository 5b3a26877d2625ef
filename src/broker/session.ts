import { notFound } from '../domain/errors.ts';
import { type Operator, personOf } from '../domain/operator.ts';
import type { OperatorPrincipal, PrincipalSession } from '../domain/principal.ts';
import type { Secret } from '../domain/secret.ts';
import { sessionEnded } from '../domain/people-errors.ts';
import type { Session } from '../ports/sessions.ts';
import type { Broker } from './context.ts';
import { sha256Of } from './one-time-secret.ts';
import { journal } from './record.ts';

/** A live session, and who is in it. */
export interface Current {
  readonly principal: OperatorPrincipal & { readonly session: PrincipalSession };
  readonly session: Session;
  readonly operator: Operator;
}

/**
 * Who a session cookie is. Looked up in the store for every request, so that a removal or another role
 * holds from the next one on.
 *
 * @throws sessionEnded
 */
export async function authenticateSession(
  broker: Pick<Broker, 'sessions'>,
  secret: Secret,
): Promise<Current> {
  const found = await broker.sessions.find(sha256Of(secret));
  if (!found) throw sessionEnded();
  const { session, operator } = found;
  const { id, role, name, email, oidc } = operator;
  const of: PrincipalSession = {
    id: session.id,
    person: personOf(operator),
    name,
    email,
    oidcGroups: oidc?.groups ?? [],
    steppedUp: session.steppedUp,
    ...(session.steppedUpUntil === undefined ? {} : { steppedUpUntil: session.steppedUpUntil }),
  };
  return { principal: { type: 'operator', id, role, session: of }, session, operator };
}

/** Ends the caller's own session. */
export async function signOut(
  broker: Pick<Broker, 'sessions' | 'journal'>,
  principal: OperatorPrincipal,
  session: PrincipalSession,
): Promise<void> {
  const { id } = session;
  const { unrecorded } = await broker.sessions.end(id, 'signed out', {
    actor: principal.id,
    action: 'operator.signed_out',
    subject: principal.id,
    detail: { session: id },
  });
  journal(broker, unrecorded);
}

/** Live sessions: an operator's own, and for admins those of anybody. @throws notFound */
export async function listSessions(
  broker: Pick<Broker, 'sessions' | 'operators'>,
  principal: OperatorPrincipal,
  operatorId: string,
): Promise<Session[]> {
  if (operatorId !== principal.id && principal.role !== 'admin') throw notFound('Operator');
  return broker.sessions.listOf(operatorId);
}

/** Ends a session: an operator's own, and for admins anybody's. @throws notFound */
export async function revokeSession(
  broker: Pick<Broker, 'sessions' | 'journal'>,
  principal: OperatorPrincipal,
  id: string,
): Promise<void> {
  const owner = await broker.sessions.owner(id);
  const may = owner === principal.id || principal.role === 'admin';
  if (owner === undefined || !may) throw notFound('Session');
  const { unrecorded } = await broker.sessions.end(id, 'revoked', {
    actor: principal.id,
    action: 'session.revoked',
    subject: owner,
    detail: { session: id },
  });
  journal(broker, unrecorded);
}
