import type { StopStore } from '../ports/stops.ts';
import { appendAudit } from './audit-append.ts';
import { announce, lockGate } from './feed-event.ts';
import { type Pool, query, transaction } from './pool.ts';
import { useWidening } from './use-widening.ts';
import { STOP_COLUMNS, toStop } from './rows.ts';

export function createStopStore(pool: Pool): StopStore {
  return {
    standing: async () => {
      const rows = await query(
        pool,
        `select ${STOP_COLUMNS} from stops where lifted_at is null order by id`,
      );
      return rows.map(toStop);
    },
    list: async (page) => {
      const rows = await query(
        pool,
        `select ${STOP_COLUMNS} from stops where ($2::text is null or id < $2)
         order by id desc limit $1`,
        [page.limit, page.before ?? null],
      );
      return rows.map(toStop);
    },
    find: async (id) => {
      const rows = await query(pool, `select ${STOP_COLUMNS} from stops where id = $1`, [id]);
      return rows[0] && toStop(rows[0]);
    },
    lift: (id, by, entry) =>
      transaction(pool, async (tx) => {
        await lockGate(tx);
        const rows = await query(
          tx,
          `update stops set lifted_at = now_at(), lifted_by = $2, lift_reason = $3
           where id = $1 and lifted_at is null returning ${STOP_COLUMNS}`,
          [id, by.actor, by.reason],
        );
        if (!rows[0]) return undefined;
        const used = by.approvalId ? [await useWidening(tx, by.approvalId, `stop:${id}`)] : [];
        await announce(tx, [{ kind: 'stop', target: id }]);
        appendAudit(tx, [...used, entry]);
        return toStop(rows[0]);
      }),
  };
}
