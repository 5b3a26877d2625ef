import type { Parts } from './parts.ts';
import type { OpenVault, VaultSession } from '../../ports/vault.ts';
import { readRoot } from './root.ts';

interface Open {
  /** Generations count within one secret: another secret's say nothing about this one's. */
  readonly secret: string;
  readonly generation: number;
  readonly session: VaultSession;
}

/** One login per resource, replaced when its root credential changes. */
export function createSessions(openVault: OpenVault): Parts['session'] {
  const open = new Map<string, Open>();
  return ({ resource, root }) => {
    const { secret } = resource.connection.url;
    const known = open.get(resource.name);
    if (known?.secret === secret && known.generation >= root.generation) return known.session;
    const session = openVault(readRoot(root.value));
    open.set(resource.name, { secret, generation: root.generation, session });
    return session;
  };
}
