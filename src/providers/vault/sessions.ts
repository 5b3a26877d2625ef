import type { Parts } from './parts.ts';
import type { OpenVault, VaultSession } from '../../ports/vault.ts';
import { readRoot } from './root.ts';

interface Open {
  /** Generations count within one secret: another secret's say nothing about this one's. */
  readonly secret: string;
  readonly generation: number;
  readonly session: VaultSession;
}

/** One login per resource, replaced when its root credential changes; what is replaced ends by its own time. */
export function createSessions(openVault: OpenVault): {
  readonly of: Parts['session'];
  close(): Promise<void>;
} {
  const open = new Map<string, Open>();
  const of: Parts['session'] = ({ resource, root }) => {
    const { secret } = resource.connection.url;
    const known = open.get(resource.name);
    if (known?.secret === secret && known.generation >= root.generation) return known.session;
    const session = openVault(readRoot(root.value));
    open.set(resource.name, { secret, generation: root.generation, session });
    return session;
  };
  const close = async () => {
    const all = [...open.values()];
    open.clear();
    await Promise.all(all.map(({ session }) => session.close()));
  };
  return { of, close };
}
