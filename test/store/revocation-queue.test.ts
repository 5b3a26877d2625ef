import fc from 'fast-check';
import pg from 'pg';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../src/domain/secret.ts';
import type { ClaimedLease, RevocationQueue, Room } from '../../src/ports/leases.ts';
import { createPool } from '../../src/store/pool.ts';
import { createRevocationQueue } from '../../src/store/revocation-queue.ts';
import { insertLeases } from '../support/lease-rows.ts';
import { createTestStore, type TestStore } from '../support/store.ts';

const CLAIM_MS = 60_000;
const room = (limit: number, each: number, at: Record<string, number> = {}): Room => ({
  limit,
  each,
  at: new Map(Object.entries(at)),
});

function byResource(leases: readonly ClaimedLease[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { resource } of leases) counts[resource] = (counts[resource] ?? 0) + 1;
  return counts;
}

describe('the revocation queue', () => {
  let store: TestStore;
  let queue: RevocationQueue;
  beforeAll(async () => {
    store = await createTestStore();
    queue = createRevocationQueue(createPool({ url: new Secret(store.runtimeUrl), poolSize: 4 }));
  });
  afterEach(() => store.asSuperuser('truncate countersign.leases'));

  it('resources take turns, however many one of them has', async () => {
    await insertLeases(store, { resource: 'many', count: 200 });
    await insertLeases(store, { resource: 'few', count: 3 });
    await insertLeases(store, { resource: 'one', count: 1 });
    expect(byResource(await queue.claim(room(3, 16), CLAIM_MS))).toEqual({
      many: 1,
      few: 1,
      one: 1,
    });
    expect(byResource(await queue.claim(room(6, 16), CLAIM_MS))).toEqual({ many: 4, few: 2 });
    expect(byResource(await queue.claim(room(100, 16), CLAIM_MS))).toEqual({ many: 16 });
  });

  it('a resource with leases under way comes later, one without room not at all', async () => {
    await insertLeases(store, { resource: 'busy', count: 9 });
    await insertLeases(store, { resource: 'hanging', count: 9 });
    await insertLeases(store, { resource: 'idle', count: 9 });
    const claimed = await queue.claim(room(4, 8, { busy: 4, hanging: 0 }), CLAIM_MS);
    expect(byResource(claimed)).toEqual({ idle: 4 });
    const rest = await queue.claim(room(100, 8, { busy: 4, hanging: 0 }), CLAIM_MS);
    expect(byResource(rest)).toEqual({ idle: 5, busy: 4 });
  });

  it('for any mix: never more than there is room for, never the same lease twice', async () => {
    const counts = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        counts,
        fc.integer({ min: 1, max: 20 }),
        fc.nat(5),
        async (mix, limit, each) => {
          await store.asSuperuser('truncate countersign.leases');
          for (const [n, count] of mix.entries()) {
            await insertLeases(store, { resource: `r${n}`, count });
          }
          const rounds = await Promise.all(
            [1, 2, 3].map(() => queue.claim(room(limit, each), CLAIM_MS)),
          );
          for (const round of rounds) {
            expect(round.length).toBeLessThanOrEqual(limit);
            for (const count of Object.values(byResource(round))) {
              expect(count).toBeLessThanOrEqual(each);
            }
          }
          const ids = rounds.flat().map(({ id }) => id);
          expect(new Set(ids).size).toBe(ids.length);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('those that wait for a resource which does not answer are overdue, with the cause', async () => {
    await insertLeases(store, { resource: 'away', count: 700 });
    await insertLeases(store, { resource: 'slow', count: 2 });
    const [tried] = await queue.claim(room(1, 1, { slow: 0 }), CLAIM_MS);
    const entry = ({ id }: { id: string }) => ({
      actor: 'broker',
      action: 'lease.overdue' as const,
      subject: id,
      detail: {},
    });
    const cause = 'provider_unavailable: refused';
    await queue.postpone(tried?.id ?? '', 1_000, cause, entry({ id: tried?.id ?? '' }));
    for (const _twice of [1, 2]) await queue.overdueAt('away', 'waits for away; refused', entry);
    const [written] = await store.asSuperuser(
      `select count(*)::int as n, count(distinct subject)::int as leases
       from countersign.audit_entries where action = 'lease.overdue'`,
    );
    expect(written).toEqual({ n: 700, leases: 700 });
    const [away, ...others] = await queue.overdue();
    expect(away).toMatchObject({
      resource: 'away',
      count: 700,
      cause: 'provider_unavailable: refused',
    });
    expect(Date.now() - (away?.since ?? 0)).toBeLessThan(60_000);
    expect(others).toEqual([]);
    const rows = await store.asSuperuser<{ cause: string; n: number }>(
      'select last_error as cause, count(*)::int as n from countersign.leases group by 1 order by 2 desc',
    );
    expect(rows).toEqual([
      { cause: 'waits for away; refused', n: 699 },
      { cause: null, n: 2 },
      { cause: 'provider_unavailable: refused', n: 1 },
    ]);
  });

  it('what is put off at once is put off together, each with its cause and time; its entry is written once', async () => {
    const leases = await insertLeases(store, { resource: 'put-off', count: 40 });
    const entry = (id: string) => ({
      actor: 'broker',
      action: 'lease.overdue' as const,
      subject: id,
      detail: {},
    });
    for (const _twice of [1, 2]) {
      await Promise.all(
        leases.map(({ id }, n) => queue.postpone(id, (n + 1) * 60_000, `cause ${n}`, entry(id))),
      );
    }
    const rows = await store.asSuperuser<{ id: string; cause: string; minutes: number; n: number }>(
      `select l.id, l.last_error as cause, count(e.seq)::int as n,
         ceil(extract(epoch from l.next_attempt_at - now()) / 60)::int as minutes
       from countersign.leases l
       left join countersign.audit_entries e on e.subject = l.id and e.action = 'lease.overdue'
       where l.overdue_since is not null group by l.id`,
    );
    const expected = leases.map(({ id }, n) => ({ id, cause: `cause ${n}`, n: 1, minutes: n + 1 }));
    expect(rows).toHaveLength(40);
    expect(rows).toEqual(expect.arrayContaining(expected));
  });

  it('what ends at once is recorded together, each with its proof, once', async () => {
    const leases = await insertLeases(store, { resource: 'shop', count: 150 });
    await Promise.all(leases.map(({ id }, n) => queue.recordDead(id, n)));
    const entry = (id: string) => ({
      actor: 'broker',
      action: 'lease.revoked' as const,
      subject: id,
      detail: {},
    });
    const twice = [...leases, ...leases.slice(0, 5)];
    const done = await Promise.all(twice.map(({ id }) => queue.finish(id, entry(id))));
    expect(done.every(({ unrecorded }) => unrecorded.length === 0)).toBe(true);
    const [counts] = await store.asSuperuser(
      `select (select count(*)::int from countersign.leases where state = 'revoked' and dead_ms is not null) as dead,
         (select count(*)::int from countersign.audit_entries where action = 'lease.revoked') as entries`,
    );
    expect(counts).toEqual({ dead: 150, entries: 150 });
  });

  it('ends leases also while the audit is stuck: their proofs come back', async () => {
    const leases = await insertLeases(store, { resource: 'shop', count: 3 });
    const stuck = new pg.Client({ connectionString: store.ownerUrl });
    await stuck.connect();
    await stuck.query('begin; select from countersign.audit_head for update');
    const done = await Promise.all(
      leases.map(async ({ id }) => {
        const entry = {
          actor: 'broker',
          action: 'lease.revoked' as const,
          subject: id,
          detail: {},
        };
        return { id, ...(await queue.finish(id, entry)) };
      }),
    );
    await stuck.query('rollback');
    await stuck.end();
    for (const { id, unrecorded } of done) {
      expect(unrecorded.map(({ subject }) => subject)).toEqual([id]);
    }
    const [row] = await store.asSuperuser(
      "select count(*)::int as n from countersign.leases where state = 'revoked'",
    );
    expect(row).toEqual({ n: 3 });
  });
});
