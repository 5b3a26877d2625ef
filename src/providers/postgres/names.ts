import { createHash } from 'node:crypto';

const LEASE_BODY = '[0-9a-hjkmnp-tv-z]{26}';

/** The names under which one installation creates roles: nothing else at the server is ours. */
export interface RoleNames {
  /** Does this role name belong to a lease of this installation? */
  isLease(name: string): boolean;
  /** The same test as a POSIX pattern for the server. */
  readonly leasePattern: string;
  /** Roles that carry grants, as a POSIX pattern for the server. */
  readonly groupPattern: string;
  /** NOLOGIN role that carries the grants of one scope. */
  group(scopeId: string): string;
}

/** @param installation 8 characters of `[0-9a-z]`, so that no name needs escaping in a pattern */
export function roleNames(installation: string): RoleNames {
  if (!/^[0-9a-z]{8}$/.test(installation))
    throw new RangeError('an installation id has 8 characters');
  const prefix = `cs_${installation}_`;
  const leasePattern = `^${prefix}${LEASE_BODY}$`;
  const lease = new RegExp(leasePattern);
  return {
    isLease: (name) => lease.test(name),
    leasePattern,
    groupPattern: `^${prefix}g_[0-9a-f]{16}$`,
    group: (scopeId) =>
      `${prefix}g_${createHash('sha256').update(scopeId).digest('hex').slice(0, 16)}`,
  };
}
