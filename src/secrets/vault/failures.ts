import { type BrokerError, providerFailed } from '../../domain/errors.ts';
import type { JsonCallProblem } from '../../ports/json-caller.ts';
import type { VaultAnswer, VaultAuth } from '../../ports/vault.ts';

/** No answer at all: nobody there, or nobody we may talk to. */
export function unreachable({ kind, problem }: JsonCallProblem): BrokerError {
  return kind === 'unreachable'
    ? providerFailed(
        'provider_unavailable',
        `Vault cannot be reached: ${problem}. Check that it runs and that its address is right.`,
      )
    : providerFailed(
        'provider_misconfigured',
        `Vault is not called: ${problem}. Correct the address, or what stands at it.`,
      );
}

type Failure = Pick<VaultAnswer, 'status' | 'errors'>;

/** What any call can meet, whatever it asked for; undefined when the caller has to say it. */
export function commonFailure({ status, errors }: Failure): BrokerError | undefined {
  if (status >= 300 && status < 400) {
    return providerFailed(
      'provider_misconfigured',
      'Vault answered with a redirect, and redirects are not followed: a standby sends them. Give the address of the active node or of a load balancer.',
    );
  }
  if (status === 503 && errors.some((text) => /is sealed/.test(text))) {
    return providerFailed(
      'provider_unavailable',
      'Vault is sealed. Unseal it: vault operator unseal.',
    );
  }
  if (status === 429) {
    return providerFailed(
      'provider_throttled',
      'Vault limits the rate of calls (429). Try again shortly.',
    );
  }
  if (status >= 500 || status === 412 || status === 472 || status === 473) {
    return providerFailed(
      'provider_unavailable',
      `Vault, or a system that it calls, failed (${status}). Its own log says more; try again shortly.`,
    );
  }
  return undefined;
}

/** A call with a good token was answered with a failure. @param capability what a policy has to give on `path` */
export function callFailure(answer: Failure, capability: string, path: string): BrokerError {
  const common = commonFailure(answer);
  if (common) return common;
  if (answer.status === 403) {
    return providerFailed(
      'provider_misconfigured',
      `Vault's policies do not let the broker do this. Add: path "${path}" { capabilities = ["${capability}"] }`,
    );
  }
  if (answer.status === 404) {
    return providerFailed(
      'provider_misconfigured',
      `Vault has nothing at ${path}. Check the path, and that its engine is mounted in this namespace.`,
    );
  }
  return providerFailed(
    'provider_rejected',
    `Vault refused the call to ${path} (${answer.status}). Its audit log says why.`,
  );
}

const AGAIN: Record<VaultAuth['method'], string> = {
  approle:
    'The AppRole or its secret id was revoked, has expired or is used up. Make a new secret id and restart the broker with it.',
  kubernetes:
    'The Kubernetes role does not take this service account, or cannot verify its token. Check auth/kubernetes/role.',
  token: 'The token was revoked or has expired. Give the broker a new one.',
};

/** A login, or the look at a token, was refused. */
export function loginFailure(answer: Failure, method: VaultAuth['method']): BrokerError {
  const common = commonFailure(answer);
  if (common) return common;
  if (answer.status === 404) {
    return providerFailed(
      'provider_misconfigured',
      `Vault has no ${method} login where the broker looks for it. Enable it, or name its mount and namespace.`,
    );
  }
  return providerFailed(
    'provider_misconfigured',
    `Vault refused the broker's ${method} login. ${AGAIN[method]}`,
  );
}

/** The wrap around the secret id does not open. That may be a theft, and is said so. */
export function wrapUsed(): BrokerError {
  return providerFailed(
    'provider_misconfigured',
    'The wrapped secret id cannot be opened: the wrap has expired or was opened before. If no start of this broker opened it, somebody else may hold the secret id: destroy its accessor in Vault, look at the audit log, then wrap a new one.',
  );
}

export function wrapForeign(): BrokerError {
  return providerFailed(
    'provider_misconfigured',
    'The wrap was not made by the secret-id path of an AppRole, so somebody may have put another one in its place. It was left alone: look at the audit log of Vault, then wrap a new secret id.',
  );
}
