import { isBrokerError } from '../domain/errors.ts';
import type { StoreStanding } from '../domain/witness.ts';
import type { RestoreStore } from '../ports/restores.ts';
import { type Pool, query } from './pool.ts';

/** The epoch since the last accepted restore, before the first one that of the installation. */
const STANDING = `select i.id as installation, h.seq::float8 as seq, h.hash,
    coalesce((select epoch from restores where accepted_at is not null
              order by accepted_at desc, id desc limit 1), i.epoch) as epoch,
    array(select i.epoch union all
          select unnest(array[epoch, witness ->> 'epoch']) from restores
          where accepted_at is not null) as epochs,
    (select hash from audit_entries where seq = $1) as "hashAtWitness",
    exists (select from restores where accepted_at is null) as open
  from installation i, audit_head h`;

/** The timeline that is written to, not that of the last checkpoint, which comes later. */
const SYSTEM = 'select system_identifier::text as value from pg_control_system()';
const TIMELINE = `select ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int as value`;

/** Reads where the store stands; what its role may not ask or the server does not have is left out. */
export function createStandingReader(pool: Pool): RestoreStore['standing'] {
  const system = optional<string>(pool, SYSTEM);
  const timeline = optional<number>(pool, TIMELINE);
  return async (witnessSeq) => {
    const [row] = await query<StoreStanding & Record<string, unknown>>(pool, STANDING, [
      witnessSeq,
    ]);
    if (!row) throw new Error('the store has no installation row');
    const identity = { system: await system(), timeline: await timeline() };
    return { ...row, ...identity, hashAtWitness: row.hashAtWitness ?? undefined };
  };
}

/** Asked once and refused, it is not asked again: each refusal would be a line in the server's log. */
function optional<T>(pool: Pool, sql: string): () => Promise<T | undefined> {
  let able = true;
  return async () => {
    if (!able) return undefined;
    try {
      return (await query<{ value: T }>(pool, sql))[0]?.value;
    } catch (error) {
      if (isBrokerError(error)) throw error;
      able = false;
      return undefined;
    }
  };
}
