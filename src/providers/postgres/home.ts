import { providerFailed } from '../../domain/errors.ts';
import type { RootCredential } from '../../ports/provider.ts';
import { type AdminTarget, readAdminUrl } from './admin-url.ts';
import type { AdminSession } from './connections.ts';

/** Where a lease's role, or a template, was made, as its record says. */
export interface MadeOn {
  readonly server?: string;
  readonly serverIdentity?: string;
}

/**
 * `host:port/database` of an admin URL. Roles belong to the whole server, but behind a pooler it is the
 * database that chooses the server.
 */
export function serverOf(root: RootCredential, networkAllow: ReadonlySet<string>): string {
  return addressOf(readAdminUrl(root.value, networkAllow));
}

function addressOf({ host, port, database }: AdminTarget): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}/${encodeURIComponent(database)}`;
}

/**
 * Is this session on the server that this was made on? The server's own identifier decides where both
 * are known: it follows a move to another address and a failover to a standby, and tells a new server at
 * an old address. Otherwise the address does.
 */
export function isHome({ identity, target }: AdminSession, made: MadeOn): boolean {
  if (made.serverIdentity !== undefined && identity !== undefined) {
    return made.serverIdentity === identity;
  }
  return made.server === undefined || made.server === addressOf(target);
}

/** For whatever would take "not there" for "gone". */
export function madeElsewhere(lease: MadeOn): Error {
  return providerFailed(
    'provider_misconfigured',
    `The secret now names another server than the one this lease was made on (${lease.server}). Set it back, so that the login can be ended there; it is tried again.`,
  );
}

/** The same for a template, and for what would compare a sandbox with another server's. */
export function builtElsewhere(template: MadeOn): Error {
  return providerFailed(
    'provider_misconfigured',
    `The secret now names another server than the one this template was built on (${template.server}). Set it back; then it is tried again.`,
  );
}
