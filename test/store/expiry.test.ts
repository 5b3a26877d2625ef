import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../src/domain/secret.ts';
import { createEndingStore } from '../../src/store/endings.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { insertLeases, type LeaseRow } from '../support/lease-rows.ts';
import { createTestStore, type TestStore } from '../support/store.ts';

/** More than a page, and no multiple of one. */
const MANY = 60;
const RESERVED_FOR_MS = 60_000;

const idsOf = (rows: readonly LeaseRow[]) => rows.map(({ id }) => id).sort();

describe('leases past their time', () => {
  let store: TestStore;
  let pool: Pool;
  beforeAll(async () => {
    store = await createTestStore();
    pool = createPool({ url: new Secret(store.runtimeUrl), poolSize: 2 });
  });
  afterAll(() => pool.end());

  const make = async (count: number, change: string, age?: number) => {
    const rows = await insertLeases(store, {
      resource: 'shop',
      count,
      state: 'active',
      ...(age === undefined ? {} : { age }),
    });
    const sql = `update countersign.leases set ${change} where id = any ($1)`;
    await store.asSuperuser(sql, [idsOf(rows)]);
    return rows;
  };

  it('and reservations nobody completed all end, page by page, each with its reason and its entry', async () => {
    const past = "expires_at = now() - interval '1 second'";
    const expired = [
      ...(await make(MANY, past)),
      ...(await make(1, `state = 'reserved', ${past}`, 1_000)),
    ];
    const stuck = await make(MANY, "state = 'reserved'", RESERVED_FOR_MS + 5_000);
    await make(1, "state = 'reserved'", 1_000);
    await make(1, "state = 'active'", RESERVED_FOR_MS + 5_000);

    expect(await createEndingStore(pool).expire(RESERVED_FOR_MS)).toEqual([]);

    const ended = (reason: string) =>
      store.asSuperuser<{ id: string }>(
        `select l.id from countersign.leases l join countersign.audit_entries e on e.subject = l.id
         where l.state = 'revoking' and l.end_reason = $1 and e.action = 'lease.revoking'
           and e.detail->>'reason' = $1 and next_attempt_at <= now() order by 1`,
        [reason],
      );
    expect((await ended('expired')).map(({ id }) => id)).toEqual(idsOf(expired));
    expect((await ended('issue did not complete')).map(({ id }) => id)).toEqual(idsOf(stuck));
    const left = 'select state from countersign.leases where revoke_accepted_at is null order by 1';
    expect(await store.asSuperuser(left)).toEqual([{ state: 'active' }, { state: 'reserved' }]);
  });
});
