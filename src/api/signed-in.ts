import type { SignedIn } from '../broker/step-up.ts';
import { unauthenticated } from '../domain/errors.ts';
import type { OperatorPrincipal } from '../domain/principal.ts';

/** For what only a person in a session can do. @throws unauthenticated for a bearer */
export function signedIn(principal: OperatorPrincipal): SignedIn {
  const { id, session } = principal;
  if (!session) throw unauthenticated('This needs a session: sign in at the console.');
  return { operatorId: id, session };
}
