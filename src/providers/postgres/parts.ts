import type { AdminConnections } from './connections.ts';
import type { GroupRoles } from './group.ts';
import type { RoleNames } from './names.ts';
import type { RecentOids } from './recent-oids.ts';
import type { Turns } from './sandbox/turns.ts';
import type { PasswordStock } from './scram.ts';

/** What the verbs of this provider share. */
export interface Parts {
  readonly names: RoleNames;
  readonly connections: AdminConnections;
  readonly groups: GroupRoles;
  readonly passwords: PasswordStock;
  /** Milliseconds that never go back. */
  readonly monotonicMs: () => number;
  /** OIDs of roles we made or saw: a role's sessions can outlive its name. */
  readonly oids: RecentOids;
  /** Where those who want a sandbox made, or compared, stand in line. */
  readonly clones: Turns;
  readonly comparisons: Turns;
}
