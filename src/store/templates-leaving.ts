import type { LeavingTemplate } from '../ports/templates.ts';
import { type Pool, query } from './pool.ts';
import { TEMPLATE_COLUMNS, toTemplate } from './rows.ts';

/** A tie whose lease was never reserved counts for this long: reserving takes seconds at most. */
const UNRESERVED = "interval '5 minutes'";

/** Does a lease that has not ended hang on this version, or is one about to? */
const NEEDED = `exists (select from sandbox_clones c left join leases l on l.id = c.lease_id
  where c.template_id = t.id and case when l.id is null
    then c.created_at > clock_timestamp() - ${UNRESERVED} else l.state not in ('revoked', 'abandoned') end)`;

/**
 * Versions nobody needs, each claimed by moving its heartbeat: who claimed one and died leaves it to others
 * when the claim is over.
 */
export async function claimLeaving(
  pool: Pool,
  limit: number,
  claimMs: number,
): Promise<LeavingTemplate[]> {
  const rows = await query<Record<string, unknown> & { id: string; secret: string }>(
    pool,
    `update sandbox_templates set state = 'dropping', heartbeat_at = clock_timestamp()
     where id in (select id from sandbox_templates t
       where (state in ('retired', 'failed') and not ${NEEDED})
         or (state = 'dropping' and heartbeat_at < clock_timestamp() - $2 * interval '1 ms')
       order by id limit $1 for update skip locked)
     returning ${TEMPLATE_COLUMNS}, secret`,
    [limit, claimMs],
  );
  return rows.map((row) => ({ ...toTemplate(row), secret: row.secret }));
}
