import { providerFailed } from '../domain/errors.ts';
import type { IssueRequest } from '../ports/provider.ts';

/**
 * Promise 3 at the last door before every provider, whoever wrote it: what reaches a protected environment
 * reads. An agent that asked was told so before, with what it may ask for instead (`issue-credential.ts`).
 * @throws providerFailed('provider_rejected')
 */
export function refuseProtectedWrite({
  resource,
  scope,
  countersigned,
}: Pick<IssueRequest, 'resource' | 'scope' | 'countersigned'>): void {
  if (scope.effect === 'read' || !resource.environment.protected) return;
  // `@mode("login")`, approved: rows may be changed, nothing may be destroyed.
  if (countersigned && scope.effect === 'write') return;
  throw providerFailed(
    'provider_rejected',
    `${scope.id} changes data in a protected environment, where no credential that can change data is handed out. Ask for a read scope.`,
  );
}
