import type { Hint } from './decision.ts';
import type { ErrorCode } from './error-codes.ts';
import type { JsonValue } from './strict-json.ts';

export interface ErrorMeta {
  /** Name of the offending field, parameter or header. */
  readonly field?: string;
  readonly hint?: Hint;
  readonly retryAfterSeconds?: number;
  /** Members of the body beside these, e.g. `approval_id`. */
  readonly members?: Readonly<Record<string, JsonValue>>;
  /** Every problem found, where there can be several (a bundle): file, line and text. */
  readonly problems?: readonly { file?: string; line?: number; message: string }[];
}

/**
 * The one error class. `detail` is safe to show to the caller; `cause` is for the log only.
 * Made only by the functions below, so that every refusal has a name.
 */
export class BrokerError extends Error {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly meta: ErrorMeta;

  constructor(code: ErrorCode, detail: string, meta: ErrorMeta = {}, cause?: unknown) {
    super(`${code}: ${detail}`, cause === undefined ? undefined : { cause });
    this.name = 'BrokerError';
    this.code = code;
    this.detail = detail;
    this.meta = meta;
  }
}

export function isBrokerError(value: unknown): value is BrokerError {
  return value instanceof BrokerError;
}

export function invalidRequest(detail: string, field?: string): BrokerError {
  return new BrokerError('invalid_request', detail, field === undefined ? {} : { field });
}
export function notFound(what: string): BrokerError {
  return new BrokerError('not_found', `${what} not found.`);
}
export function unauthenticated(detail = 'Present a valid bearer token.'): BrokerError {
  return new BrokerError('unauthenticated', detail);
}
/** One text for every way a token can be bad, so that it tells nothing. */
export function invalidToken(): BrokerError {
  return new BrokerError('invalid_token', 'The access token is not valid. Ask for a new one.');
}
export function forbidden(detail: string): BrokerError {
  return new BrokerError('forbidden', detail);
}
export function insufficientScope(scope: string): BrokerError {
  return new BrokerError('insufficient_scope', `This token does not carry the scope ${scope}.`, {
    hint: { how: `Ask the token endpoint for scope ${scope} first.` },
  });
}
/** One text for unknown client, wrong key, bad signature and replay (row T4). */
export function invalidClient(): BrokerError {
  return new BrokerError('invalid_client', 'Client authentication failed.');
}
export function accessDenied(detail: string, hint: Hint): BrokerError {
  return new BrokerError('access_denied', detail, { hint });
}
export function approvalUnavailable(detail: string, hint: Hint): BrokerError {
  return new BrokerError('approval_unavailable', detail, { hint });
}
export function invalidScope(detail: string, hint?: Hint): BrokerError {
  return new BrokerError('invalid_scope', detail, { field: 'scope', ...(hint ? { hint } : {}) });
}
export function invalidTarget(detail: string): BrokerError {
  return new BrokerError('invalid_target', detail, { field: 'resource' });
}
export function invalidAuthorizationDetails(detail: string): BrokerError {
  return new BrokerError('invalid_authorization_details', detail, {
    field: 'authorization_details',
  });
}
export function stopped(what: string, stopId: string): BrokerError {
  return new BrokerError('stopped', `${what} is stopped until an operator lifts ${stopId}.`, {
    hint: { how: 'Ask an operator to lift the stop.' },
  });
}
export function agentSuspended(): BrokerError {
  return new BrokerError('agent_suspended', 'This agent is suspended.', {
    hint: { how: 'Ask an operator to resume the agent.' },
  });
}
const AFTER_THE_END = {
  task: 'Open a new task.',
  grant: 'Ask for a new token.',
  lease: 'Ask for a new lease.',
};
export function ended(what: 'task' | 'grant' | 'lease'): BrokerError {
  return new BrokerError(`${what}_ended`, `This ${what} has ended.`, {
    hint: { how: AFTER_THE_END[what] },
  });
}
export function leaseLimit(limit: number): BrokerError {
  return new BrokerError('lease_limit', `Only ${limit} lease(s) may be live here at once.`, {
    hint: { how: 'Revoke the live lease, or use the credential you hold.' },
  });
}
export function conflict(detail: string): BrokerError {
  return new BrokerError('conflict', detail);
}
export function fileManaged(what: string): BrokerError {
  return new BrokerError(
    'file_managed',
    `${what} is managed by the policy files; change it there and apply the bundle.`,
  );
}
export function idempotencyMismatch(): BrokerError {
  return new BrokerError(
    'idempotency_mismatch',
    'This Idempotency-Key was used with another request body.',
    { field: 'Idempotency-Key' },
  );
}
export function idempotencyInProgress(): BrokerError {
  return new BrokerError(
    'idempotency_in_progress',
    'A request with this Idempotency-Key is still running.',
    { retryAfterSeconds: 1 },
  );
}
export function bundleInvalid(problems: NonNullable<ErrorMeta['problems']>): BrokerError {
  return new BrokerError('bundle_invalid', 'The policy bundle was refused.', { problems });
}
export function rateLimited(retryAfterSeconds: number): BrokerError {
  return new BrokerError('rate_limited', 'Too many requests.', { retryAfterSeconds });
}
export function storeUnavailable(cause?: unknown): BrokerError {
  return new BrokerError(
    'store_unavailable',
    'The store cannot be reached.',
    { retryAfterSeconds: 2 },
    cause,
  );
}
export function feedStale(): BrokerError {
  return new BrokerError(
    'feed_stale',
    'This broker has not heard of revocations for over 2 s and refuses until it has.',
    { retryAfterSeconds: 1 },
  );
}
export type ProviderFailure =
  | 'provider_unavailable'
  | 'provider_rejected'
  | 'provider_misconfigured'
  | 'provider_throttled';
export function providerFailed(
  code: ProviderFailure,
  detail: string,
  cause?: unknown,
): BrokerError {
  const retry = code === 'provider_unavailable' || code === 'provider_throttled';
  return new BrokerError(code, detail, retry ? { retryAfterSeconds: 5 } : {}, cause);
}
export function secretUnavailable(name: string): BrokerError {
  return new BrokerError('secret_unavailable', `The secret ${name} is not set.`, {
    hint: { how: `An operator sets it: countersign secret set ${name}` },
  });
}
/** @param problems sentences */
export function scopeUnfit(scopeId: string, problems: readonly string[]): BrokerError {
  return providerFailed(
    'provider_misconfigured',
    `The scope ${scopeId} cannot be issued: ${problems.join(' ')}`,
  );
}
export function secretElsewhere(name: string): BrokerError {
  return new BrokerError(
    'secret_unavailable',
    `The secret ${name} is kept in Vault, and no Vault is configured.`,
    { hint: { how: 'An admin sets COUNTERSIGN_VAULT_ADDRESS and a login (docs/vault.md).' } },
  );
}
/** @param why what makes hardening a condition */
export function notHardened(
  resource: string,
  gaps: readonly string[],
  why = 'is protected',
): BrokerError {
  return new BrokerError(
    'not_hardened',
    `${resource} ${why} but not hardened: ${gaps.join(', ')}.`,
    { hint: { how: `Run: countersign resource probe ${resource} (it prints the SQL).` } },
  );
}
export function oauthError(
  code: 'unsupported_grant_type' | 'unauthorized_client' | 'unsupported_token_type',
  detail: string,
): BrokerError {
  return new BrokerError(code, detail);
}
export function httpError(
  code: 'unsupported_media_type' | 'payload_too_large' | 'method_not_allowed',
  detail: string,
): BrokerError {
  return new BrokerError(code, detail);
}
export function internal(cause: unknown): BrokerError {
  return new BrokerError('internal', 'Something went wrong here.', {}, cause);
}
