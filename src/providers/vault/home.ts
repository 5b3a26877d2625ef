import { providerFailed } from '../../domain/errors.ts';
import type { Lease } from '../../domain/lease.ts';
import type { RootCredential } from '../../ports/provider.ts';
import { readRoot } from './root.ts';

/** Address and namespace of the Vault that a root credential names, without the login. */
export function serverOf(root: RootCredential): string {
  const { address, namespace } = readRoot(root.value);
  return namespace === undefined ? address : `${address}/${namespace}`;
}

/**
 * At another Vault than the one a lease was made at, its absence proves nothing.
 * @throws provider_misconfigured
 */
export function requireHome(lease: Pick<Lease, 'server'>, root: RootCredential): void {
  if (lease.server === undefined || lease.server === serverOf(root)) return;
  throw providerFailed(
    'provider_misconfigured',
    `The root credential now names another Vault than ${lease.server}, where this lease was made. Set it back until the lease has ended.`,
  );
}
