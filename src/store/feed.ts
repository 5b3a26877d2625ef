import pg from 'pg';
import type { Secret } from '../domain/secret.ts';
import type { Feed, FeedEvent } from '../ports/feed.ts';
import { FEED_CHANNEL } from './feed-event.ts';
import { connectionConfig, type Pool, query } from './pool.ts';

export interface FeedOptions {
  readonly url: Secret;
  readonly pool: Pool;
  readonly pollMs: number;
  readonly monotonic: () => number;
  /** Told the database time at every poll, for the broker's clock. */
  readonly onDatabaseTime: (unixMs: number) => void;
}

interface FeedRow extends Record<string, unknown> {
  epoch: number;
  kind: FeedEvent['kind'];
  target: string;
}

/**
 * Reads the feed table by number; NOTIFY only wakes the reader, so a lost notification costs one
 * poll interval at most. The age counts from the start of the last complete read.
 */
export function createFeed(options: FeedOptions): Feed {
  let position = -1;
  let freshAt = Number.NEGATIVE_INFINITY;
  let stopping = false;
  let listener: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let handler: (event: FeedEvent) => void = () => undefined;
  let reading: Promise<void> | undefined;
  let again: Promise<void> | undefined;

  async function read(): Promise<void> {
    const startedAt = options.monotonic();
    const rows = await query<FeedRow>(
      options.pool,
      `select e.epoch::float8 as epoch, e.kind, e.target, ms(now_at()) as now, g.epoch::float8 as newest
       from gate g left join lateral (
         select epoch, kind, target from feed where epoch > $1 order by epoch limit 1000) e on true
       order by e.epoch`,
      [position],
    );
    const head = rows[0];
    if (!head) throw new Error('the store has no gate row');
    options.onDatabaseTime(Number(head['now']));
    if (position < 0) {
      position = Number(head['newest']);
    } else {
      for (const row of rows) {
        if (row.epoch === null) continue;
        position = row.epoch;
        handler({ epoch: row.epoch, kind: row.kind, target: row.target });
      }
      if (rows.length === 1000) return read();
    }
    freshAt = startedAt;
  }

  /** One read at a time; a caller that comes during a read gets the next one, which starts later. */
  function readSoon(): Promise<void> {
    if (!reading) {
      reading = read().finally(() => {
        reading = undefined;
      });
      return reading;
    }
    again ??= reading
      .catch(() => undefined)
      .then(() => {
        again = undefined;
        return readSoon();
      });
    return again;
  }

  async function listen(): Promise<void> {
    const client = new pg.Client({ ...connectionConfig(options.url), statement_timeout: 0 });
    client.on('error', () => {
      if (listener === client) listener = undefined;
    });
    client.on('end', () => {
      if (listener === client) listener = undefined;
    });
    client.on('notification', () => {
      readSoon().catch(() => undefined);
    });
    await client.connect();
    await client.query(`listen ${FEED_CHANNEL}`);
    listener = client;
  }

  async function poll(): Promise<void> {
    try {
      if (!listener) await listen();
      await readSoon();
    } catch {
      // The age grows, and past 2 s everything refuses: nothing else to do here but try again.
    }
    if (!stopping) timer = setTimeout(() => void poll(), options.pollMs);
  }

  return {
    start: async (onEvent) => {
      handler = onEvent;
      await listen();
      await readSoon();
      timer = setTimeout(() => void poll(), options.pollMs);
    },
    ageMs: () => options.monotonic() - freshAt,
    catchUp: () => readSoon(),
    stop: async () => {
      stopping = true;
      clearTimeout(timer);
      await reading?.catch(() => undefined);
      await listener?.end().catch(() => undefined);
    },
  };
}
