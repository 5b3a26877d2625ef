import type { Reach } from '../../ports/provider.ts';
import type { VaultSession } from '../../ports/vault.ts';
import type { LeaseNames } from './names.ts';
import type { TokenSearch } from './search.ts';

/** What the steps of this provider share. */
export interface Parts {
  readonly names: LeaseNames;
  /** The login of a resource, kept while its root credential stays the same. */
  readonly session: (reach: Pick<Reach, 'resource' | 'root'>) => VaultSession;
  /** Of that login: looks for tokens of leases without a record. */
  readonly search: (session: VaultSession) => TokenSearch;
  readonly monotonicMs: () => number;
}
