import type { Notice, NoticeDraft } from '../domain/notice.ts';
import type { ChannelStanding, Delivery, Outbox } from '../ports/notices.ts';
import { type Pool, query, type Tx } from './pool.ts';

/** A channel that was set up later is not told what is older. */
const FRESH = "interval '1 day'";

/** Writes a notice in the transaction that makes it true. */
export async function addNotice(db: Pool | Tx, notice: NoticeDraft): Promise<void> {
  await query(
    db,
    `insert into notices (id, kind, subject, title, lines, path, recipients, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, now_at()) on conflict (id) do nothing`,
    [notice.id, notice.kind, notice.subject, notice.title, notice.lines, notice.path, notice.to],
  );
}

export function createOutbox(pool: Pool): Outbox {
  return {
    add: (notice) => addNotice(pool, notice),
    claim: (channels, limit, forMs) => claim(pool, { channels, limit, forMs }),
    delivered: async ({ notice, channel }) => {
      await query(
        pool,
        `update notice_deliveries set delivered_at = now_at(), last_error = null
         where notice_id = $1 and channel = $2`,
        [notice.id, channel],
      );
    },
    failed: async ({ notice, channel }, cause, retryInMs) => {
      await query(
        pool,
        `update notice_deliveries set last_error = $3,
           given_up_at = case when $4::float8 is null then now_at() end,
           next_attempt_at = now_at() + coalesce($4, 0) * interval '1 ms'
         where notice_id = $1 and channel = $2`,
        [notice.id, channel, cause, retryInMs ?? null],
      );
    },
    standing: (channels) => standing(pool, channels),
  };
}

/** Gives every fresh notice a delivery a channel, then claims what is due: whoever dies loses it by time. */
async function claim(
  pool: Pool,
  { channels, limit, forMs }: { channels: readonly string[]; limit: number; forMs: number },
): Promise<Delivery[]> {
  await query(
    pool,
    `insert into notice_deliveries (notice_id, channel, next_attempt_at)
     select n.id, c.name, now_at() from notices n, unnest($1::text[]) as c(name)
     where n.created_at > now_at() - ${FRESH}
       and not exists (select from notice_deliveries d where d.notice_id = n.id and d.channel = c.name)
     on conflict do nothing`,
    [channels],
  );
  const rows = await query<Notice & { channel: string; attempts: number }>(
    pool,
    `with due as (
       select notice_id, channel from notice_deliveries
       where channel = any ($1) and delivered_at is null and given_up_at is null
         and next_attempt_at <= now_at()
       order by next_attempt_at limit $2 for update skip locked),
     claimed as (
       update notice_deliveries d
       set attempts = attempts + 1, next_attempt_at = now_at() + $3 * interval '1 ms'
       from due where d.notice_id = due.notice_id and d.channel = due.channel
       returning d.notice_id, d.channel, d.attempts)
     select n.id, n.kind, n.subject, n.title, n.lines, n.path, n.recipients as "to",
       ms(n.created_at) as "createdAt", c.channel, c.attempts
     from claimed c join notices n on n.id = c.notice_id order by n.id`,
    [channels, limit, forMs],
  );
  return rows.map(({ channel, attempts, ...notice }) => ({ notice, channel, attempts }));
}

async function standing(pool: Pool, channels: readonly string[]): Promise<ChannelStanding[]> {
  const rows = await query<{
    channel: string;
    waiting: number;
    givenUp: number;
    lastDeliveredAt: number | null;
    lastError: string | null;
  }>(
    pool,
    `select c.name as channel,
       count(d.notice_id) filter (where d.delivered_at is null and d.given_up_at is null)::int as waiting,
       count(d.notice_id) filter (where d.given_up_at > now_at() - interval '1 day')::int as "givenUp",
       ms(max(d.delivered_at)) as "lastDeliveredAt",
       (array_agg(d.last_error order by d.notice_id desc) filter (where d.attempts > 0))[1] as "lastError"
     from unnest($1::text[]) as c(name) left join notice_deliveries d on d.channel = c.name
     group by c.name order by c.name`,
    [channels],
  );
  return rows.map(({ channel, waiting, givenUp, lastDeliveredAt, lastError }) => ({
    channel,
    waiting,
    givenUp,
    ...(lastDeliveredAt === null ? {} : { lastDeliveredAt }),
    ...(lastError === null ? {} : { lastError }),
  }));
}
