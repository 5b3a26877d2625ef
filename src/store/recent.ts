import { formatId } from '../domain/ids.ts';
import { type Pool, query, type Tx } from './pool.ts';

/** Nothing lives longer than a task, eight hours; one more for a clock that was set. */
const LONGEST_LIFE_MS = 9 * 3_600_000;

/** The least ids that records still alive can have. */
export interface Since {
  readonly grant: string;
  readonly token: string;
}

/**
 * Where to begin looking for what is alive: ids begin with the time, so this is a range of the primary
 * key, and what lies there for retention costs nothing. Safe to stand in a statement as it is.
 */
export async function liveSince(db: Pool | Tx): Promise<Since> {
  const [clock] = await query<{ now: number }>(db, 'select ms(now_at()) as now');
  const from = Math.max(0, (clock?.now ?? 0) - LONGEST_LIFE_MS);
  const least = new Uint8Array(10);
  return { grant: formatId('grant', from, least), token: formatId('token', from, least) };
}
