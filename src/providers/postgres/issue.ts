import { providerFailed } from '../../domain/errors.ts';
import type { IssuedCredential, IssueRequest } from '../../ports/provider.ts';
import { constraintsOf } from './constraints.ts';
import { credentialOf, identified } from './credential.ts';
import { isHome, madeElsewhere } from './home.ts';
import { makeRole } from './make-role.ts';
import type { Parts } from './parts.ts';

/**
 * Creates the lease's role and answers with its login. Repeating it for the same lease replaces the
 * password.
 */
export async function issue(parts: Parts, request: IssueRequest): Promise<IssuedCredential> {
  const constraints = constraintsOf(request.scope);
  if (request.scope.effect === 'destroy') {
    throw providerFailed('provider_rejected', `${request.scope.id} comes with no login.`);
  }
  if (!parts.names.isLease(request.lease.outsideName)) {
    throw providerFailed('provider_rejected', 'The lease carries no name of this installation.');
  }
  const password = await parts.passwords.take();
  return parts.connections.use(request, async (session) => {
    // The secret may have been set anew since the reservation: made there, it would be on no record.
    if (!isHome(session, request.lease)) throw madeElsewhere(request.lease);
    const group = await makeRole(parts, session, request, constraints, password.verifier);
    const username = request.lease.outsideName;
    const issued = credentialOf(session.target, username, password, { columns: group.columns });
    return identified(issued, session);
  });
}
