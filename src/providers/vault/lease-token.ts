import { type BrokerError, providerFailed } from '../../domain/errors.ts';
import { Secret } from '../../domain/secret.ts';
import type { VaultAnswer, VaultSession } from '../../ports/vault.ts';
import type { Constraints } from './constraints.ts';

/** Seconds that a token lives which is on no record yet: nothing was ever made under it. */
const UNRECORDED_SECONDS = 60;
/** Milliseconds after an abort: Vault makes a token also for who no longer waits, and it is on no record. */
const GRACE_MS = 500;

export interface LeaseToken {
  readonly token: Secret;
  readonly accessor: string;
}

/**
 * A token for one lease: an orphan, so that it does not die with the broker's own, and with the policies of
 * its token role alone. It lives for a minute until its accessor is on record.
 */
export async function createLeaseToken(
  session: VaultSession,
  { token_role: role, path }: Constraints,
  outsideName: string,
  signal: AbortSignal,
): Promise<LeaseToken> {
  const grace = graceAfter(signal);
  const creating = session.call({
    method: 'POST',
    path: `auth/token/create/${role}`,
    body: {
      ttl: `${UNRECORDED_SECONDS}s`,
      renewable: true,
      display_name: outsideName,
      meta: { countersign: outsideName, path },
    },
    signal: grace.signal,
    expect: [400, 404],
  });
  const answer = await creating.finally(grace.over);
  const { client_token: token, accessor } = answer.auth;
  const problem = signal.aborted ? stopped() : answer.status === 200 ? unfit(answer) : noRole(role);
  if (!problem && typeof token === 'string' && typeof accessor === 'string') {
    return { token: new Secret(token), accessor };
  }
  if (typeof accessor === 'string' && accessor !== '') {
    await dropToken(session, accessor, AbortSignal.timeout(GRACE_MS)).catch(() => undefined);
  }
  throw problem ?? misfit(role, 'makes no tokens that can be revoked');
}

/** Fires a little after `signal`, so that what was under way can be taken back. */
function graceAfter(signal: AbortSignal): { readonly signal: AbortSignal; over(): void } {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    timer = setTimeout(() => late.abort(), GRACE_MS);
  };
  // What has not begun makes nothing.
  if (signal.aborted) late.abort();
  else signal.addEventListener('abort', begin, { once: true });
  const over = () => {
    signal.removeEventListener('abort', begin);
    clearTimeout(timer);
  };
  return { signal: late.signal, over };
}

function stopped(): BrokerError {
  return providerFailed(
    'provider_unavailable',
    'The call was ended before Vault had made anything. Try again.',
  );
}

/** What is wrong with a token that Vault made, if anything: the role decides that, and it may be too generous. */
function unfit({ auth }: VaultAnswer): BrokerError | undefined {
  const role = 'the token role';
  const policies = Array.isArray(auth['policies']) ? auth['policies'] : [];
  if (policies.includes('root')) return misfit(role, 'gives the root policy');
  if (typeof auth['accessor'] !== 'string' || auth['accessor'] === '') {
    return misfit(role, 'makes batch tokens, which cannot be revoked (token_type=service)');
  }
  if (auth['orphan'] !== true) {
    return misfit(
      role,
      "makes no orphans, so leases would die with the broker's own token (orphan=true)",
    );
  }
  if (auth['renewable'] !== true)
    return misfit(role, 'makes tokens that cannot be renewed (renewable=true)');
  if (Number(auth['lease_duration']) > UNRECORDED_SECONDS) {
    return misfit(role, 'sets a period of its own (token_period=0)');
  }
  return undefined;
}

function misfit(role: string, what: string): BrokerError {
  return providerFailed('provider_misconfigured', `In Vault, ${role} ${what}. See docs/vault.md.`);
}

function noRole(role: string): BrokerError {
  return providerFailed(
    'provider_misconfigured',
    `Vault has no token role ${role}. Make it: vault write auth/token/roles/${role} orphan=true renewable=true allowed_policies=…`,
  );
}

/** Moves the end of a lease's token. @throws provider_rejected where Vault gives less */
export async function extendToken(
  session: VaultSession,
  accessor: string,
  seconds: number,
  signal: AbortSignal,
): Promise<void> {
  const { status, auth } = await session.call({
    method: 'POST',
    path: 'auth/token/renew-accessor',
    body: { accessor, increment: `${seconds}s` },
    signal,
    expect: [400, 404],
  });
  if (status !== 200) throw gone();
  if (Number(auth['lease_duration']) + SLACK_SECONDS >= seconds) return;
  throw tooShort('The token role', Number(auth['lease_duration']));
}

/** Rounding and the time a call takes. */
export const SLACK_SECONDS = 5;

export function tooShort(what: string, seconds: number): BrokerError {
  return providerFailed(
    'provider_rejected',
    `${what} in Vault gives ${seconds} s at most here. Ask for a new lease, or set max_ttl of the scope to what Vault gives.`,
  );
}

export function gone(): BrokerError {
  return providerFailed(
    'provider_rejected',
    'The credential of this lease no longer exists in Vault. Ask for a new lease.',
  );
}

/** Whether it still lives: a lease may have been ended while its credential was being made. */
export async function tokenStands(
  session: VaultSession,
  accessor: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { status } = await session.call({
    method: 'POST',
    path: 'auth/token/lookup-accessor',
    body: { accessor },
    signal,
    expect: [400, 404],
  });
  return status === 200;
}

/** Revokes the token and with it whatever was made under it; already gone is success. */
export async function dropToken(
  session: VaultSession,
  accessor: string,
  signal: AbortSignal,
): Promise<void> {
  const answer = await session.call({
    method: 'POST',
    path: 'auth/token/revoke-accessor',
    body: { accessor },
    signal,
    expect: [400, 404],
  });
  if (answer.status === 404) return;
  // `token not found`: somebody else revoked it at this very moment.
  const isGone = /invalid accessor|token not found/;
  if (answer.status === 400 && !answer.errors.some((text) => isGone.test(text))) {
    throw providerFailed(
      'provider_rejected',
      'Vault did not revoke the token of this lease (400). Its audit log says why.',
    );
  }
}
