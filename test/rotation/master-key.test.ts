import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rotateMasterKey } from '../../src/broker/rotate-master-key.ts';
import { Secret } from '../../src/domain/secret.ts';
import { parseMasterKey } from '../../src/keys/master-key.ts';
import { rotateMasterKeyOf } from '../../src/main/run-master-key-rotate.ts';
import { doctorChecks } from '../../src/main/run-doctor.ts';
import { sealerOf } from '../../src/main/sealer.ts';
import type { SealedRows } from '../../src/ports/sealed-rows.ts';
import { createPool } from '../../src/store/pool.ts';
import { createSealedRows, SEALED_COLUMNS } from '../../src/store/sealed-rows.ts';
import { borrow, type Ground, openGround } from '../broker/ground.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';

const newKey = () => new Secret(randomBytes(32).toString('base64url'));

function idOf(key: Secret): string {
  const parsed = parseMasterKey(key.reveal());
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed.key.id;
}

/** Where the boxes of a store are sealed, by the id of the master key. */
async function boxesBy(broker: TestBroker): Promise<Record<string, number>> {
  const tables = Object.keys(SEALED_COLUMNS)
    .map((table) => `select sealed from countersign.${table} where sealed <> ''`)
    .join(' union all ');
  const rows = await broker.store.asSuperuser<{ id: string; n: number }>(
    `select split_part(sealed, '.', 2) as id, count(*)::int as n from (${tables}) t group by 1`,
  );
  return Object.fromEntries(rows.map(({ id, n }) => [id, n]));
}

/** Another broker on the same store, holding these keys. */
function onStore(broker: TestBroker, masterKey: Secret, previousMasterKey?: Secret) {
  const shared = { masterKey, issuer: broker.config.http.issuer };
  return startBroker({
    store: broker.store,
    shared,
    config: { masterKey, ...(previousMasterKey ? { previousMasterKey } : {}) },
  });
}

const [oldKey, nextKey] = [newKey(), newKey()];

describe('master-key rotate, with two brokers that go on serving', () => {
  let ground: Ground;
  let twin: TestBroker;
  const serving = async () => {
    await borrow(await ground.broker.agent());
    await borrow({ ...(await twin.agent()) });
  };

  beforeAll(async () => {
    // Each holds both, in the order in which a rolling change would leave them half way.
    const config = { masterKey: oldKey, previousMasterKey: nextKey };
    ground = await openGround({ config });
    twin = await onStore(ground.broker, nextKey, oldKey);
    for (let n = 0; n < 8; n += 1) await ground.broker.agent();
  });
  afterAll(() => Promise.all([ground.broker.stop(), twin.stop()]));

  it('both seal under the key that the store names, whichever is their first', async () => {
    await serving();
    expect(Object.keys(await boxesBy(ground.broker))).toEqual([idOf(oldKey)]);
  });

  it('interrupted at any row and run again, it ends with everything under the new key', async () => {
    const config = { ...ground.broker.config, masterKey: nextKey, previousMasterKey: oldKey };
    const sealer = sealerOf(config);
    const pool = createPool({ url: new Secret(ground.broker.store.runtimeUrl), poolSize: 2 });
    const real = createSealedRows(pool);
    const total = Object.values(await boxesBy(ground.broker)).reduce((a, b) => a + b, 0);
    expect(total).toBeGreaterThan(8);
    let runs = 0;
    for (;;) {
      runs += 1;
      // Dies after the n-th box of this run: pages of one row, so that every row is a place to stop.
      let left = 1;
      const dying: SealedRows = {
        ...real,
        page: (keyId, after) => real.page(keyId, after, 1),
        replace: async (rows) => {
          if (left-- === 0) throw new Error('killed');
          return real.replace(rows);
        },
      };
      const end = await rotateMasterKey({ sealedRows: dying, sealer }, sealer.keyId).catch(
        (error: unknown) => error,
      );
      const by = await boxesBy(ground.broker);
      await serving();
      if (!(end instanceof Error)) break;
      expect(end.message).toBe('killed');
      expect(by[idOf(oldKey)]).toBe(total - runs);
      if (runs === 3) {
        const checks = await doctorChecks(config);
        expect(checks.find(({ id }) => id === 'master-key')).toMatchObject({
          level: 'fail',
          next: expect.stringContaining('countersign master-key rotate'),
        });
      }
    }
    await pool.end();
    expect(Object.keys(await boxesBy(ground.broker))).toEqual([idOf(nextKey)]);
    expect(runs).toBeGreaterThanOrEqual(total);
    // Once more changes nothing, and is on record once.
    expect(await rotateMasterKeyOf(config)).toMatchObject({ rewrapped: 0, from: null });
    const count = async (action: string) =>
      (await ground.admin.call('listAudit', { query: { action } })).items.length;
    expect([await count('master_key.rotating'), await count('master_key.rotated')]).toEqual([1, 1]);
    const checks = await doctorChecks(config);
    expect(checks.find(({ id }) => id === 'master-key')?.level).toBe('ok');
  });

  it('what was sealed opens, and the old key alone opens nothing any more', async () => {
    await ground.broker.stop();
    ground = { ...ground, broker: await onStore(ground.broker, nextKey) };
    const { current } =
      await ground.broker.composed.broker.rotations.roots('shop-staging/admin-url');
    expect(current.value.reveal()).toBe(ground.shop.adminUrl);
    await serving();
    await expect(onStore(ground.broker, oldKey)).rejects.toThrow(
      /do not open with this master key/,
    );
    await expect(rotateMasterKeyOf({ ...ground.broker.config, masterKey: oldKey })).rejects.toThrow(
      /does not hold/,
    );
    expect(Object.keys(await boxesBy(ground.broker))).toEqual([idOf(nextKey)]);
  });

  it('a process without the new key can seal nothing, and says that it is not ready', async () => {
    const third = newKey();
    const stale = ground.broker;
    await rotateMasterKeyOf({ ...stale.config, masterKey: third, previousMasterKey: nextKey });
    await stale.composed.broker.feed.catchUp();
    const answer = await fetch(`${stale.url}/readyz`);
    expect(answer.status).toBe(503);
    expect(await answer.text()).toContain(`master key ${idOf(third)}`);
    const body = { value: 'postgres://a:b@127.0.0.1/c' };
    const admin = await stale.operator();
    await expect(
      admin.call('setSecret', { params: { name: 'late/box' }, body }),
    ).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(Object.keys(await boxesBy(stale))).toEqual([idOf(third)]);
    // Back again, for the way down.
    await rotateMasterKeyOf({ ...stale.config, masterKey: nextKey, previousMasterKey: third });
  });
});

it('every sealed column of the schema is wrapped anew, and guarded', async () => {
  const broker = await startBroker();
  const columns = await broker.store.asSuperuser<{ table: string; guards: number }>(
    `select c.table_name as table, (select count(*)::int from information_schema.triggers t
       where t.event_object_table = c.table_name and t.action_statement like '%sealed_under_master_key%') as guards
     from information_schema.columns c where table_schema = 'countersign' and column_name = 'sealed'`,
  );
  expect(columns.map(({ table }) => table).sort()).toEqual(Object.keys(SEALED_COLUMNS).sort());
  for (const { guards } of columns) expect(guards).toBe(2);
  await broker.stop();
});
