import { setTimeout as sleep } from 'node:timers/promises';
import { providerFailed } from '../../domain/errors.ts';
import type { RevokeRequest, RevokeResult } from '../../ports/provider.ts';
import type { VaultSession } from '../../ports/vault.ts';
import { type Handle, readHandle } from './handle.ts';
import { dropToken } from './lease-token.ts';
import { ending, revokeVaultLease } from './leases.ts';
import type { Parts } from './parts.ts';

const POLL_MS = 100;

/**
 * Ends whatever was made for one lease. What is on record says where it is; without a record (a store that
 * was restored, a crash before anything was made) the tokens that carry the lease's name are looked for.
 */
export async function revoke(parts: Parts, request: RevokeRequest): Promise<RevokeResult> {
  const { lease, signal } = request;
  if (!parts.names.isLease(lease.outsideName)) {
    throw providerFailed('provider_rejected', 'The lease carries no name of this installation.');
  }
  const startedAt = parts.monotonicMs();
  const session = parts.session(request);
  if (lease.outsideHandle !== undefined) {
    await end(session, readHandle(lease.outsideHandle), signal);
  } else {
    const owned = await parts.search(session).find(lease.outsideName, signal);
    for (const { handle } of owned) await end(session, handle, signal);
  }
  const msToFirstZero = parts.monotonicMs() - startedAt;
  request.onFirstZero?.(msToFirstZero);
  // Vault counts no sessions; what ends them is the role's revocation statements (docs/vault.md).
  return { msToFirstZero, sessionsSeen: 0 };
}

/** The lease first, since Vault then answers only when it is done; the token with all else after it. */
export async function end(
  session: VaultSession,
  { accessor, path, lease }: Handle,
  signal: AbortSignal,
): Promise<void> {
  if (lease !== undefined) await revokeVaultLease(session, lease, signal);
  await dropToken(session, accessor, signal);
  if (lease === undefined && path !== '') await untilEnded(session, path, signal);
}

/**
 * A token takes its leases along, but Vault ends those in its own time: they are past their end at once
 * and vanish when it is done. Which of them was ours is not known here, so all that are ending are awaited.
 */
async function untilEnded(session: VaultSession, path: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    if ((await ending(session, path, signal)).length === 0) return;
    await sleep(POLL_MS, undefined, { signal }).catch(() => {
      throw providerFailed(
        'provider_unavailable',
        `Vault is still ending leases of ${path}. It is looked at again.`,
      );
    });
  }
}
