import type { RootRotationRows, UnfinishedRotation } from '../ports/root-rotations.ts';
import { appendAudit } from './audit-append.ts';
import { announce, lockGate } from './feed-event.ts';
import { type Pool, query, type Tx, transaction } from './pool.ts';
import { newestSecret, replaceSecret } from './secrets.ts';

const CLAIM = 'clock_timestamp() + make_interval(secs => $2::float8 / 1000)';

interface ListingRow extends UnfinishedRotation {
  [column: string]: unknown;
}

/** Rotations of root credentials: one row a secret, from the intent until it is the current value. */
export function createRootRotationRows(pool: Pool): RootRotationRows {
  return {
    begin: (name, kind, claimMs, at) =>
      transaction(pool, (tx) => begin(tx, { name, kind, claimMs }, at)),
    claim: async (name, claimMs) => {
      const claimed = await query(
        pool,
        `update root_rotations set claimed_until = ${CLAIM}
         where name = $1 and claimed_until <= clock_timestamp() returning name`,
        [name, claimMs],
      );
      return claimed.length > 0;
    },
    yieldAfter: async (name, ms) => {
      await query(pool, `update root_rotations set claimed_until = ${CLAIM} where name = $1`, [
        name,
        ms,
      ]);
    },
    complete: (name, generation, entry) =>
      transaction(pool, async (tx) => {
        await lockGate(tx);
        const sealed = await take(tx, name, generation);
        if (sealed === undefined) return false;
        await replaceSecret(tx, name, generation, sealed);
        appendAudit(tx, [entry]);
        return true;
      }),
    abandon: (name, generation, entry) =>
      transaction(pool, async (tx) => {
        await lockGate(tx);
        if ((await take(tx, name, generation)) === undefined) return;
        await announce(tx, [{ kind: 'secret', target: name }]);
        appendAudit(tx, [entry]);
      }),
    unfinished: () =>
      query<ListingRow>(
        pool,
        'select name, ms(started_at) as "startedAt" from root_rotations order by name',
      ),
  };
}

async function begin(
  tx: Tx,
  { name, kind, claimMs }: { name: string; kind: string; claimMs: number },
  at: Parameters<RootRotationRows['begin']>[3],
): Promise<'begun' | 'pending' | 'unset'> {
  // The gate puts two that begin at once, and an operator's new value, in line.
  await lockGate(tx);
  const { next, set } = await newestSecret(tx, name);
  if (!set) return 'unset';
  const there = await query(tx, 'select from root_rotations where name = $1', [name]);
  if (there.length > 0) return 'pending';
  const { sealed, entry } = at(next);
  await query(
    tx,
    `insert into root_rotations (name, generation, kind, sealed, claimed_until)
     values ($1, $3, $4, $5, ${CLAIM})`,
    [name, claimMs, next, kind, sealed],
  );
  appendAudit(tx, [entry]);
  return 'begun';
}

/** Takes the pending value of exactly that generation out of its row. */
async function take(tx: Tx, name: string, generation: number): Promise<string | undefined> {
  const [row] = await query<{ sealed: string }>(
    tx,
    'delete from root_rotations where name = $1 and generation = $2 returning sealed',
    [name, generation],
  );
  return row?.sealed;
}
