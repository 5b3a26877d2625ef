import type { ErrorCode } from '../domain/errors.ts';

/** How one error code looks outside. */
export interface ErrorShape {
  /** HTTP status on the JSON API. */
  readonly status: number;
  readonly title: string;
  /** May the same request succeed later without a change? */
  readonly retryable: boolean;
  /** `error` of the RFC 6749 §5.2 body on OAuth endpoints; absent: the HTTP status alone speaks. */
  readonly oauthError?: string;
  /** HTTP status on OAuth endpoints where it differs. */
  readonly oauthStatus?: number;
  /** What the caller does next: one sentence for `docs/errors.md`. */
  readonly next: string;
}

/** The one table of errors; `docs/errors.md` is generated from it and a test holds both together. */
export const ERRORS: Readonly<Record<ErrorCode, ErrorShape>> = {
  invalid_request: {
    status: 400,
    title: 'The request is malformed',
    retryable: false,
    oauthError: 'invalid_request',
    next: 'Correct the field that `detail` names.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'Unsupported content type',
    retryable: false,
    oauthError: 'invalid_request',
    oauthStatus: 400,
    next: 'Send `application/json` on the JSON API, `application/x-www-form-urlencoded` on OAuth.',
  },
  payload_too_large: {
    status: 413,
    title: 'The body is too large',
    retryable: false,
    oauthError: 'invalid_request',
    next: 'Send less; limits are in the configuration.',
  },
  not_found: {
    status: 404,
    title: 'Not found',
    retryable: false,
    oauthError: 'invalid_request',
    next: 'Check the id. Records of other agents answer as if they did not exist.',
  },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    retryable: false,
    oauthError: 'invalid_request',
    next: 'Use the method in the `Allow` header.',
  },
  unauthenticated: {
    status: 401,
    title: 'Authentication required',
    retryable: false,
    oauthError: 'invalid_client',
    next: 'Send `Authorization: Bearer` with an access token or an operator token.',
  },
  invalid_token: {
    status: 401,
    title: 'The token is not valid',
    retryable: false,
    oauthError: 'invalid_token',
    next: 'It expired, was revoked, or is for somebody else: ask for a new one.',
  },
  forbidden: {
    status: 403,
    title: 'Not permitted for this principal',
    retryable: false,
    oauthError: 'unauthorized_client',
    oauthStatus: 400,
    next: 'Use a principal with the role that `detail` names.',
  },
  insufficient_scope: {
    status: 403,
    title: 'The token lacks the scope',
    retryable: false,
    oauthError: 'insufficient_scope',
    next: 'Ask the token endpoint for that scope.',
  },
  invalid_client: {
    status: 401,
    title: 'Client authentication failed',
    retryable: false,
    oauthError: 'invalid_client',
    next: 'Sign a fresh `private_key_jwt` assertion: `aud` the issuer, `exp` within 5 minutes, a new `jti`.',
  },
  unsupported_grant_type: {
    status: 400,
    title: 'Unsupported grant type',
    retryable: false,
    oauthError: 'unsupported_grant_type',
    next: 'Use a grant type that the server metadata lists.',
  },
  unauthorized_client: {
    status: 400,
    title: 'Grant type not allowed to this client',
    retryable: false,
    oauthError: 'unauthorized_client',
    next: 'Only agents may ask for tokens; only resource servers introspect.',
  },
  invalid_scope: {
    status: 400,
    title: 'Unknown or malformed scope',
    retryable: false,
    oauthError: 'invalid_scope',
    next: 'List what you may ask for: `GET /v1/scopes`.',
  },
  invalid_target: {
    status: 400,
    title: 'The resource parameter does not fit the scopes',
    retryable: false,
    oauthError: 'invalid_target',
    next: 'Ask for scopes of one audience at a time, and name that audience or none.',
  },
  invalid_authorization_details: {
    status: 400,
    title: 'Malformed authorization_details',
    retryable: false,
    oauthError: 'invalid_authorization_details',
    next: 'Send one element: `{"type":"task","purpose":…}` to open a task, `{"type":"task","task_id":…}` to continue one.',
  },
  unsupported_token_type: {
    status: 400,
    title: 'Tokens of this type cannot be revoked here',
    retryable: false,
    oauthError: 'unsupported_token_type',
    next: 'Only access tokens can be revoked.',
  },
  access_denied: {
    status: 403,
    title: 'Denied by policy',
    retryable: false,
    oauthError: 'access_denied',
    oauthStatus: 400,
    next: '`hint` says which rule decided and which scopes you may ask for instead.',
  },
  approval_unavailable: {
    status: 403,
    title: 'A human must approve this, and nobody can yet',
    retryable: false,
    oauthError: 'access_denied',
    oauthStatus: 400,
    next: 'Ask for one of the alternatives in `hint`.',
  },
  stopped: {
    status: 403,
    title: 'Stopped by an operator',
    retryable: false,
    oauthError: 'access_denied',
    oauthStatus: 400,
    next: 'An operator lifts the stop: `countersign stop lift`.',
  },
  agent_suspended: {
    status: 403,
    title: 'The agent is suspended',
    retryable: false,
    oauthError: 'access_denied',
    oauthStatus: 400,
    next: 'An operator resumes it: `countersign agent resume`.',
  },
  task_ended: {
    status: 409,
    title: 'The task has ended',
    retryable: false,
    oauthError: 'access_denied',
    oauthStatus: 400,
    next: 'Open a new task.',
  },
  grant_ended: {
    status: 409,
    title: 'The grant has ended',
    retryable: false,
    oauthError: 'access_denied',
    oauthStatus: 400,
    next: 'Ask for a new token.',
  },
  lease_ended: {
    status: 409,
    title: 'The lease has ended',
    retryable: false,
    next: 'Ask for a new lease.',
  },
  lease_limit: {
    status: 409,
    title: 'Too many live leases',
    retryable: false,
    next: 'Revoke a lease, or use the credential you hold.',
  },
  conflict: {
    status: 409,
    title: 'Conflicts with the present state',
    retryable: false,
    oauthError: 'invalid_request',
    oauthStatus: 400,
    next: 'Read the record again, then decide.',
  },
  file_managed: {
    status: 409,
    title: 'Managed by the policy files',
    retryable: false,
    next: 'Change the file and run `countersign policy apply`.',
  },
  idempotency_mismatch: {
    status: 422,
    title: 'Idempotency-Key reused with another body',
    retryable: false,
    next: 'Use a new key for a new request.',
  },
  idempotency_in_progress: {
    status: 409,
    title: 'The same request is still running',
    retryable: true,
    next: 'Repeat after `Retry-After` seconds.',
  },
  bundle_invalid: {
    status: 422,
    title: 'The policy bundle was refused',
    retryable: false,
    next: 'Each entry of `problems` has file, line and reason; the active bundle stays.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    retryable: true,
    oauthError: 'temporarily_unavailable',
    next: 'Wait `Retry-After` seconds.',
  },
  store_unavailable: {
    status: 503,
    title: 'The store cannot be reached',
    retryable: true,
    oauthError: 'temporarily_unavailable',
    next: 'Repeat after `Retry-After` seconds; `/readyz` says why.',
  },
  feed_stale: {
    status: 503,
    title: 'The revocation feed is stale',
    retryable: true,
    oauthError: 'temporarily_unavailable',
    next: 'Repeat after `Retry-After` seconds; `/readyz` says why.',
  },
  provider_unavailable: {
    status: 503,
    title: 'The resource cannot be reached',
    retryable: true,
    next: 'Repeat after `Retry-After` seconds.',
  },
  provider_rejected: {
    status: 502,
    title: 'The resource refused the broker',
    retryable: false,
    next: 'An admin runs `countersign resource probe`.',
  },
  provider_misconfigured: {
    status: 502,
    title: 'The resource is not set up for the broker',
    retryable: false,
    next: 'An admin runs `countersign resource probe`, which prints the SQL.',
  },
  provider_throttled: {
    status: 503,
    title: 'The resource is busy',
    retryable: true,
    next: 'Repeat after `Retry-After` seconds.',
  },
  secret_unavailable: {
    status: 503,
    title: 'The resource has no secret yet',
    retryable: false,
    next: 'An admin sets it: `countersign secret set NAME`.',
  },
  not_hardened: {
    status: 409,
    title: 'The resource gives PUBLIC too much',
    retryable: false,
    next: 'An admin runs `countersign resource probe`, applies its SQL or accepts the gap by name.',
  },
  internal: {
    status: 500,
    title: 'Internal error',
    retryable: true,
    oauthError: 'server_error',
    next: 'Quote `request_id`; the log has the cause.',
  },
};
