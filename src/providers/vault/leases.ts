import { providerFailed } from '../../domain/errors.ts';
import type { VaultSession } from '../../ports/vault.ts';
import { gone, SLACK_SECONDS, tooShort } from './lease-token.ts';

/** Revokes one lease of Vault's and waits for it: Vault answers when the system behind it has done it. */
export async function revokeVaultLease(
  session: VaultSession,
  lease: string,
  signal: AbortSignal,
): Promise<void> {
  const { status } = await session.call({
    method: 'POST',
    path: 'sys/leases/revoke',
    body: { lease_id: lease, sync: true },
    signal,
    expect: [400],
  });
  // Vault answers 400 for whatever went wrong behind it.
  if (status === 400) {
    throw providerFailed(
      'provider_unavailable',
      'Vault could not end the lease: the system behind it is away, or the revocation statements of the role fail. It is tried again; the log of Vault says more.',
    );
  }
  if ((await remaining(session, lease, signal)) === undefined) return;
  throw providerFailed(
    'provider_unavailable',
    'Vault still lists the lease that it was to revoke. It is tried again.',
  );
}

/** Seconds a lease has left, zero and less while Vault works on its end; undefined when it is gone. */
async function remaining(
  session: VaultSession,
  lease: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { status, data, errors } = await session.call({
    method: 'POST',
    path: 'sys/leases/lookup',
    body: { lease_id: lease },
    signal,
    expect: [400, 404],
  });
  if (status === 200) return Number(data['ttl'] ?? 0);
  if (errors.some((text) => /invalid lease/.test(text))) return undefined;
  throw providerFailed(
    'provider_rejected',
    `Vault does not say whether a lease is gone (${status}). Its audit log says why.`,
  );
}

/** Leases below one `creds` path that Vault is about to end: those of a revoked token are among them. */
export async function ending(
  session: VaultSession,
  path: string,
  signal: AbortSignal,
): Promise<string[]> {
  const { data } = await session.call({
    method: 'LIST',
    path: `sys/leases/lookup/${path}`,
    signal,
    expect: [404],
  });
  const keys = Array.isArray(data['keys']) ? data['keys'] : [];
  const found: string[] = [];
  for (const key of keys) {
    if (typeof key !== 'string') continue;
    const left = await remaining(session, `${path}/${key}`, signal);
    if (left !== undefined && left <= 0) found.push(key);
  }
  return found;
}

/** Asks for `seconds` from now on. @throws provider_rejected where Vault gives less, or nothing */
export async function renewVaultLease(
  session: VaultSession,
  lease: string,
  seconds: number,
  signal: AbortSignal,
): Promise<void> {
  const answer = await session.call({
    method: 'POST',
    path: 'sys/leases/renew',
    body: { lease_id: lease, increment: seconds },
    signal,
    expect: [400, 404],
  });
  if (answer.status === 200) {
    if (answer.leaseDuration + SLACK_SECONDS >= seconds) return;
    throw tooShort('The role', answer.leaseDuration);
  }
  if (answer.errors.some((text) => /not renewable/.test(text))) {
    throw providerFailed(
      'provider_rejected',
      'Vault does not renew what this role gives. Ask for a new lease.',
    );
  }
  throw gone();
}
