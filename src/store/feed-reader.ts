import type { FeedEvent } from '../ports/feed.ts';
import { type Pool, query } from './pool.ts';

const PAGE = 1_000;

export interface FeedReader {
  /** Reads to the end of the feed; a call during a read gets the next one, which starts later. */
  catchUp(): Promise<void>;
  /** When the last complete read began, by the monotonic clock; minus infinity before the first. */
  freshAt(): number;
}

interface FeedRow extends Record<string, unknown> {
  epoch: number | null;
  kind: FeedEvent['kind'];
  target: string;
  now: number;
  newest: number;
}

const READ = `select e.epoch::float8 as epoch, e.kind, e.target, ms(now_at()) as now,
    g.epoch::float8 as newest
  from gate g left join lateral (
    select epoch, kind, target from feed where epoch > $1 order by epoch limit ${PAGE}) e on true
  order by e.epoch`;

/** Reads the feed by number from wherever it stood at the first read. */
export function createFeedReader(options: {
  readonly pool: Pool;
  readonly monotonic: () => number;
  readonly onDatabaseTime: (unixMs: number) => void;
  readonly onEvent: (event: FeedEvent) => void;
}): FeedReader {
  let position: number | undefined;
  let freshAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  async function read(): Promise<void> {
    const startedAt = options.monotonic();
    const rows = await query<FeedRow>(options.pool, READ, [position ?? -1]);
    const [head] = rows;
    if (!head) throw new Error('the store has no gate row');
    options.onDatabaseTime(head.now);
    if (position === undefined) {
      position = head.newest;
    } else {
      for (const { epoch, kind, target } of rows) {
        if (epoch === null) continue;
        position = epoch;
        options.onEvent({ epoch, kind, target });
      }
      if (rows.length === PAGE) return read();
    }
    freshAt = startedAt;
  }

  function catchUp(): Promise<void> {
    if (!reading) {
      reading = read().finally(() => {
        reading = undefined;
      });
      return reading;
    }
    next ??= reading
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return catchUp();
      });
    return next;
  }

  return { catchUp, freshAt: () => freshAt };
}
