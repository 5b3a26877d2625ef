import { type BrokerError, providerFailed } from '../../domain/errors.ts';
import type { IssuedCredential, IssueRequest } from '../../ports/provider.ts';
import type { VaultAnswer, VaultSession } from '../../ports/vault.ts';
import { type Constraints, constraintsOf } from './constraints.ts';
import { credentialOf } from './credential.ts';
import { readHandle, writeHandle } from './handle.ts';
import {
  createLeaseToken,
  dropToken,
  extendToken,
  gone,
  SLACK_SECONDS,
  tokenStands,
} from './lease-token.ts';
import { renewVaultLease } from './leases.ts';
import type { Parts } from './parts.ts';
import { end } from './revoke.ts';

/**
 * Has Vault make a credential under a token of its own. On record at each step is enough to end what may
 * exist by then: first the token's accessor, while nothing was made under it and it would die within a
 * minute; then, with that on record, the credential; then its lease id. See docs/adr.
 */
export async function issue(parts: Parts, request: IssueRequest): Promise<IssuedCredential> {
  const constraints = constraintsOf(request.scope);
  const { lease, keepHandle, signal } = request;
  if (!parts.names.isLease(lease.outsideName)) {
    throw providerFailed('provider_rejected', 'The lease carries no name of this installation.');
  }
  if (!keepHandle) {
    throw providerFailed(
      'provider_misconfigured',
      'Handles cannot be recorded, so nothing is issued.',
    );
  }
  const session = parts.session(request);
  if (lease.outsideHandle !== undefined)
    await end(session, readHandle(lease.outsideHandle), signal);
  const seconds = await secondsUntil(session, lease.expiresAt, signal);
  const made = await createLeaseToken(session, constraints, lease.outsideName, signal);
  const handle = { accessor: made.accessor, path: constraints.path };
  try {
    await keepHandle(writeHandle(handle));
  } catch (error) {
    await dropToken(session, made.accessor, signal).catch(() => undefined);
    throw error;
  }
  await extendToken(session, made.accessor, seconds, signal);
  const answer = await session.call({
    method: 'GET',
    path: constraints.path,
    as: made.token,
    signal,
    expect: REFUSALS,
  });
  if (REFUSALS.includes(answer.status)) {
    // Vault said no, so there is nothing to wait for when this token ends: said on record, if that may be.
    await keepHandle(writeHandle({ ...handle, path: '' })).catch(() => undefined);
    if (answer.status === 403 && !(await tokenStands(session, made.accessor, signal))) throw gone();
    throw refusal(answer, constraints);
  }
  requireLease(answer, constraints);
  await keepHandle(writeHandle({ ...handle, lease: answer.leaseId }));
  if (answer.leaseDuration + SLACK_SECONDS < seconds) {
    await renewVaultLease(session, answer.leaseId, seconds, signal);
  }
  return credentialOf(constraints, answer.data);
}

/** By Vault's own clock, since it is Vault that ends it. */
export async function secondsUntil(
  session: VaultSession,
  expiresAt: number,
  signal: AbortSignal,
): Promise<number> {
  const { sealed, serverTime } = await session.health(signal);
  if (sealed) {
    throw providerFailed(
      'provider_unavailable',
      'Vault is sealed. Unseal it: vault operator unseal.',
    );
  }
  const seconds = Math.floor(expiresAt / 1000) - serverTime;
  if (seconds >= 1) return seconds;
  throw providerFailed(
    'provider_rejected',
    "By Vault's clock this lease is over. Check that the clocks of Vault and of the store agree.",
  );
}

/** Answers by which Vault says that it made nothing. */
const REFUSALS: readonly number[] = [400, 403, 404];

function refusal(answer: VaultAnswer, { path, token_role: role }: Constraints): BrokerError {
  const { status, errors } = answer;
  if (
    status === 400 &&
    !errors.some((text) => /unknown role|not found|unsupported path/.test(text))
  ) {
    return providerFailed(
      'provider_rejected',
      `Vault could not make a credential of ${path}: the creation statements of the role fail. The log of Vault says more.`,
    );
  }
  return status === 403
    ? providerFailed(
        'provider_misconfigured',
        `The policies of the token role ${role} do not let it read ${path}, or nothing is mounted there. Add: path "${path}" { capabilities = ["read"] }`,
      )
    : providerFailed(
        'provider_misconfigured',
        `Vault has no role at ${path}. Correct the path of the scope, or make the role in Vault.`,
      );
}

function requireLease({ leaseId }: VaultAnswer, { path }: Constraints): void {
  if (leaseId.startsWith(`${path}/`)) return;
  throw providerFailed(
    'provider_misconfigured',
    `What Vault gives at ${path} carries no lease, so nobody could take it back. Use an engine that leases its credentials.`,
  );
}
