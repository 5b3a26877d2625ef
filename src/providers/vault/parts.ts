import type { Reach } from '../../ports/provider.ts';
import type { VaultSession } from '../../ports/vault.ts';
import type { LeaseNames } from './names.ts';

/** What the steps of this provider share. */
export interface Parts {
  readonly names: LeaseNames;
  /** The login of a resource, kept while its root credential stays the same. */
  readonly session: (reach: Pick<Reach, 'resource' | 'root'>) => VaultSession;
  readonly monotonicMs: () => number;
}
