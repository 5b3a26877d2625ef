import type { z } from 'zod';

/**
 * Who may call: an agent with an access token, an operator with one of these roles, either, or anyone:
 * whoever signs in or opens a link is nobody yet.
 */
export type Caller = 'agent' | 'operator' | 'either' | 'anyone';
export const ROLES = ['admin', 'approver', 'auditor'] as const;
export type Role = (typeof ROLES)[number];
/** For routes that admins alone may call. */
export const ADMIN = ['admin'] as const;

/** One endpoint of the JSON API: everything a server, a client and the OpenAPI document need. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Express path below the issuer, e.g. `/v1/tasks/:id`. */
  readonly path: string;
  readonly caller: Caller;
  /** Operator roles that may call; every role unless said. */
  readonly roles?: readonly Role[];
  /** An operator in a session must have used a passkey within the last five minutes. */
  readonly stepUp?: boolean;
  readonly summary: string;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly status: number;
  /** Absent: no body (204), or a stream described by `produces`. */
  readonly response?: z.ZodType;
  /** May answer 202 instead: an approval has to come first, and this is in `response` too. */
  readonly awaits?: boolean;
  readonly produces?: string;
  /** Takes an `Idempotency-Key`. */
  readonly idempotent?: boolean;
  /** Bytes of body accepted; 64 KiB unless said. */
  readonly bodyLimit?: number;
}

/** Keeps the literal types of each route while checking its shape. */
export function route<const R extends Route>(definition: R): R {
  return definition;
}
