import { isSandbox, type Resource } from '../domain/resource.ts';
import type { AnyProvider, Finding, ServerIdentity } from '../ports/provider.ts';
import type { SecretSource } from '../ports/secrets.ts';

interface Parts {
  readonly providers: ReadonlyMap<string, AnyProvider>;
  readonly secrets: SecretSource;
  readonly timeoutMs: number;
  /** Every resource of the active bundle. */
  readonly resources: () => Iterable<Resource>;
}

/** Tells which protected resources share their server with a resource that hands out sandboxes. */
export type SharedServers = (sandbox: Resource) => Promise<Finding[]>;

/**
 * Servers are compared by what they say they are, not by how they are addressed. One that can't be asked now is
 * known from earlier, or compared by its addresses.
 */
export function createSharedServers(parts: Parts): SharedServers {
  const known = new Map<string, ServerIdentity>();

  async function identityOf(resource: Resource): Promise<ServerIdentity> {
    const { secret } = resource.connection.url;
    const unknown: ServerIdentity = { addresses: [] };
    const root = await parts.secrets.read(secret).catch(() => undefined);
    if (!root) return unknown;
    const key = `${secret}:${root.generation}`;
    const before = known.get(key);
    if (before) return before;
    const signal = AbortSignal.timeout(parts.timeoutMs);
    const provider = parts.providers.get(resource.kind);
    const found = await provider?.identify?.({ resource, root, signal }).catch(() => unknown);
    if (found?.id !== undefined) known.set(key, found);
    return found ?? unknown;
  }

  return async (sandbox) => {
    if (!isSandbox(sandbox)) return [];
    const own = await identityOf(sandbox);
    const guarded = [...parts.resources()].filter(
      ({ name, kind, environment }) =>
        environment.protected && kind === sandbox.kind && name !== sandbox.name,
    );
    const others = await Promise.all(
      guarded.map(async (resource) => ({ resource, identity: await identityOf(resource) })),
    );
    const names = (wanted: 'same' | 'unknown') =>
      others
        .filter(({ identity }) => compare(own, identity) === wanted)
        .map(({ resource }) => resource.name);
    return [...sameServer(names('same')), ...notKnown(names('unknown'))];
  };
}

function compare(own: ServerIdentity, other: ServerIdentity): 'same' | 'different' | 'unknown' {
  if (own.id !== undefined && other.id !== undefined) {
    return own.id === other.id ? 'same' : 'different';
  }
  return own.addresses.some((address) => other.addresses.includes(address)) ? 'same' : 'unknown';
}

function sameServer(names: readonly string[]): Finding[] {
  if (names.length === 0) return [];
  return [
    {
      id: 'production-server',
      severity: 'gap',
      message: `Protected resources are on this server: ${names.join(', ')}. A sandbox runs whatever an agent writes, next to them. Give the sandboxes a server of their own, or accept production-server in the resource file.`,
      sql: [],
    },
  ];
}

function notKnown(names: readonly string[]): Finding[] {
  if (names.length === 0) return [];
  return [
    {
      id: 'production-server-unknown',
      severity: 'advice',
      message: `Could not be asked which server they are on, so only addresses were compared: ${names.join(', ')}.`,
      sql: [],
    },
  ];
}
