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
  /** NOLOGIN role that owns what is in the versions of one template. */
  templateOwner(resource: string, template: string): string;
  /** Databases of templates, as a POSIX pattern for the server. */
  readonly templatePattern: string;
  isTemplate(database: string): boolean;
  /** The copy of a template that is read when a clone is compared with it. */
  twin(template: string): string;
  /** Login by which we look into the sandbox of a lease, with the lease's rights and no other. */
  reader(lease: string): string;
  /** What a reader's name begins with, before the 26 characters of its lease. */
  readonly readerPrefix: string;
  /** Readers, as a POSIX pattern; the lease's name has the same last 26 characters. */
  readonly readerPattern: string;
  /** What a lease's name begins with, before its 26 characters. */
  readonly leasePrefix: string;
}

/** @param installation 8 characters of `[0-9a-z]`, so that no name needs escaping in a pattern */
export function roleNames(installation: string): RoleNames {
  if (!/^[0-9a-z]{8}$/.test(installation))
    throw new RangeError('an installation id has 8 characters');
  const prefix = `cs_${installation}_`;
  const leasePattern = `^${prefix}${LEASE_BODY}$`;
  const lease = new RegExp(leasePattern);
  const templatePattern = `^${prefix}t_${LEASE_BODY}$`;
  const template = new RegExp(templatePattern);
  const readerPattern = `^${prefix}r_${LEASE_BODY}$`;
  const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16);
  const body = (name: string) => name.slice(-26);
  return {
    isLease: (name) => lease.test(name),
    leasePattern,
    groupPattern: `^${prefix}g_[0-9a-f]{16}$`,
    group: (scopeId) => `${prefix}g_${digest(scopeId)}`,
    templateOwner: (resource, name) => `${prefix}o_${digest(`${resource}/${name}`)}`,
    templatePattern,
    isTemplate: (database) => template.test(database),
    twin: (database) => `${prefix}w_${body(database)}`,
    reader: (name) => `${prefix}r_${body(name)}`,
    readerPrefix: `${prefix}r_`,
    readerPattern,
    leasePrefix: prefix,
  };
}
