import type { WitnessFacts } from '../domain/witness.ts';
import type { Living, Restore, RestoreStore } from '../ports/restores.ts';
import { appendAudit, appendOrReturn } from './audit-append.ts';
import { announce, lockGate } from './feed-event.ts';
import { OUTWAIT, type Pool, query, type Tx, transaction } from './pool.ts';
import { liveSince } from './recent.ts';
import { createStandingReader } from './store-standing.ts';

export function createRestoreStore(pool: Pool): RestoreStore {
  return {
    standing: createStandingReader(pool),
    facts: () => facts(pool),
    living: () => living(pool),
    open: () => open(pool),
    hold: (restore, reason, entries) =>
      transaction(
        pool,
        async (tx) => {
          await lockGate(tx);
          if (!(await insert(tx, restore))) return { unrecorded: [] };
          await query(
            tx,
            `insert into stops (id, kind, reason, placed_by, placed_at)
             values ($1, 'all', $2, 'broker', now_at())`,
            [restore.stopId, reason],
          );
          await endEntrances(tx);
          await announce(tx, [{ kind: 'stop', target: restore.stopId }]);
          return { unrecorded: await appendOrReturn(tx, entries) };
        },
        OUTWAIT,
      ),
    accept: (restore, by, entries) =>
      transaction(
        pool,
        async (tx) => {
          await lockGate(tx);
          const rows = await query(tx, ACCEPT, [restore.id, by.actor, by.reason, by.epoch]);
          if (rows.length === 0) return false;
          await query(
            tx,
            `update stops set lifted_at = now_at(), lifted_by = $2, lift_reason = $3
             where id = $1 and lifted_at is null`,
            [restore.stopId, by.actor, by.reason],
          );
          await announce(tx, [{ kind: 'stop', target: restore.stopId }]);
          appendAudit(tx, entries);
          return true;
        },
        OUTWAIT,
      ),
  };
}

/** Whatever somebody could come in by may have ended in the time that was lost. Passkeys stay. */
async function endEntrances(tx: Tx): Promise<void> {
  await query(tx, 'delete from operator_tokens');
  await query(tx, 'delete from ceremonies');
  await query(tx, 'update links set ended_at = now_at() where ended_at is null');
  await query(
    tx,
    `update sessions set ended_at = now_at(), end_reason = 'the store was restored'
     where ended_at is null`,
  );
}

async function open(pool: Pool): Promise<Restore | undefined> {
  const rows = await query<Restore & Record<string, unknown>>(
    pool,
    `select id, ms(detected_at) as "detectedAt", verdict, witness, head_seq::float8 as "headSeq",
       stop_id as "stopId" from restores where accepted_at is null`,
  );
  return rows[0];
}

const ACCEPT = `update restores set accepted_at = now_at(), accepted_by = $2, reason = $3, epoch = $4
  where id = $1 and accepted_at is null returning id`;

async function insert(tx: Tx, restore: Omit<Restore, 'detectedAt'>): Promise<boolean> {
  const { id, verdict, witness, headSeq, stopId } = restore;
  const rows = await query(
    tx,
    `insert into restores (id, detected_at, verdict, witness, head_seq, stop_id)
     values ($1, now_at(), $2, $3, $4, $5) on conflict do nothing returning id`,
    [id, verdict, JSON.stringify(witness), headSeq, stopId],
  );
  return rows.length > 0;
}

interface FactsRow extends Record<string, unknown> {
  bundle: number | null;
  suspended: string[];
  stops: string[];
  secrets: Record<string, number> | null;
}

/** The newest of each: enough to recognise what came back. */
async function facts(pool: Pool): Promise<WitnessFacts> {
  const [row] = await query<FactsRow>(
    pool,
    `select (select bundle_version::int from gate) as bundle,
       array(select id from agents where state <> 'active' order by id desc limit 1000) as suspended,
       array(select id from stops where lifted_at is null order by id desc limit 1000) as stops,
       (select json_object_agg(name, generation) from
         (select name, max(generation) as generation from secrets group by name limit 1000) s) as secrets`,
  );
  return {
    ...(row?.bundle ? { bundle: row.bundle } : {}),
    suspended: row?.suspended ?? [],
    stops: row?.stops ?? [],
    secrets: row?.secrets ?? {},
  };
}

async function living(pool: Pool): Promise<Living> {
  const since = await liveSince(pool);
  const [row] = await query<Living & Record<string, unknown>>(
    pool,
    `select (select count(*)::int from tasks where ended_at is null and expires_at > now_at()) as tasks,
       (select count(*)::int from tokens where jti >= $1 and revoked_at is null
          and expires_at > now_at()) as tokens,
       (select count(*)::int from leases where state in ('reserved', 'active')) as leases`,
    [since.token],
  );
  return row ?? { tasks: 0, tokens: 0, leases: 0 };
}
