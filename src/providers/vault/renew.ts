import { providerFailed } from '../../domain/errors.ts';
import type { IssueRequest } from '../../ports/provider.ts';
import { constraintsOf } from './constraints.ts';
import { readHandle } from './handle.ts';
import { secondsUntil } from './issue.ts';
import { extendToken } from './lease-token.ts';
import { renewVaultLease } from './leases.ts';
import type { Parts } from './parts.ts';

/** Moves the end of Vault's lease and then of the token it hangs on; what the credential may do stays. */
export async function renew(parts: Parts, request: IssueRequest): Promise<void> {
  constraintsOf(request.scope);
  const { lease, signal } = request;
  const handle = lease.outsideHandle === undefined ? undefined : readHandle(lease.outsideHandle);
  if (handle?.lease === undefined) {
    throw providerFailed(
      'provider_rejected',
      'This lease has no record in Vault. Ask for a new lease.',
    );
  }
  const session = parts.session(request);
  const seconds = await secondsUntil(session, lease.expiresAt, signal);
  await renewVaultLease(session, handle.lease, seconds, signal);
  await extendToken(session, handle.accessor, seconds, signal);
}
