import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../src/domain/secret.ts';
import { availableMajors, testServer } from '../support/postgres.ts';
import { eventually, newLease, refusal, Shop } from './shop.ts';

describe.each([14, 18] as const)('revoking on PostgreSQL %i', (major) => {
  describe.skipIf(!availableMajors().includes(major))('with real clients', () => {
    let shop: Shop;
    beforeAll(async () => {
      shop = await Shop.open(major);
    });
    afterAll(() => shop.close());

    async function isRunning(lease: { outsideName: string }): Promise<boolean> {
      const { rowCount } = await shop.owner.query(
        "SELECT FROM pg_stat_activity WHERE usename = $1 AND state = 'active'",
        [lease.outsideName],
      );
      return (rowCount ?? 0) > 0;
    }

    it.concurrent('ends a session in the middle of its query and leaves no role', async () => {
      const { client, lease, issued } = await shop.login();
      const query = refusal(client.query('SELECT pg_sleep(25)'));
      await eventually(() => isRunning(lease));
      const zeros: number[] = [];
      const result = await shop.provider.revoke({
        ...shop.reach(),
        lease,
        onFirstZero: (ms) => zeros.push(ms),
      });
      expect(await query).toBe('57P01');
      expect(result.sessionsSeen).toBe(1);
      expect(zeros).toEqual([result.msToFirstZero]);
      expect(await shop.roleExists(lease.outsideName)).toBe(false);
      expect(await refusal(shop.connect(issued))).toBe('28P01');
    });

    it.concurrent('succeeds again and again, and for what never was', async () => {
      const { lease } = await shop.login();
      expect((await shop.revoke(lease)).sessionsSeen).toBe(1);
      expect((await shop.revoke(lease)).sessionsSeen).toBe(0);
      expect((await shop.revoke(newLease(shop.installation))).sessionsSeen).toBe(0);
    });

    it.concurrent('counts zero twice, a second apart, by its clock', async () => {
      const { lease } = await shop.login();
      const begun = performance.now();
      const { msToFirstZero } = await shop.revoke(lease);
      expect(performance.now() - begun - msToFirstZero).toBeGreaterThanOrEqual(1000);
    });

    it.concurrent('can be done by two brokers at once', async () => {
      const { lease } = await shop.login();
      const other = shop.anotherBroker();
      await Promise.all([shop.revoke(lease), shop.revoke(lease, other), shop.revoke(lease, other)]);
      expect(await shop.roleExists(lease.outsideName)).toBe(false);
      await other.close();
    });

    it.concurrent('ends many at once, and what is odd about one keeps no other from its end', async () => {
      const logins = await Promise.all(Array.from({ length: 8 }, () => shop.login()));
      const [stubborn, owner] = logins;
      if (!stubborn || !owner) throw new Error('no logins');
      for (const { client } of [stubborn, owner]) {
        await client.query('SET default_transaction_read_only = off');
      }
      await stubborn.client.query('BEGIN READ WRITE');
      await stubborn.client.query(`ALTER ROLE ${stubborn.lease.outsideName} PASSWORD 'mine'`);
      await owner.client.query('SELECT lo_create(0)');
      const never = newLease(shop.installation);
      const zeros = new Map<string, number>();
      const results = await Promise.all(
        [...logins.map(({ lease }) => lease), never].map((lease) => {
          const onFirstZero = (ms: number) => void zeros.set(lease.id, ms);
          return shop.provider.revoke({ ...shop.reach(), lease, onFirstZero });
        }),
      );
      expect(results.map(({ sessionsSeen }) => sessionsSeen)).toEqual([...logins.map(() => 1), 0]);
      expect(zeros.size).toBe(logins.length);
      for (const { lease } of logins) {
        expect(await shop.roleExists(lease.outsideName)).toBe(false);
      }
    });

    it.concurrent('does not wait for a session that holds a change of its own role open', async () => {
      const { client, lease } = await shop.login();
      await client.query('SET default_transaction_read_only = off');
      await client.query('BEGIN READ WRITE');
      await client.query(`ALTER ROLE ${lease.outsideName} PASSWORD 'mine'`);
      const result = await shop.revoke(lease);
      expect(result.sessionsSeen).toBe(1);
      expect(await shop.roleExists(lease.outsideName)).toBe(false);
    });

    it.concurrent('is not outlived by a password the lease gave itself', async () => {
      const { client, lease } = await shop.login();
      await client.query('SET default_transaction_read_only = off');
      await client.query(`ALTER ROLE ${lease.outsideName} PASSWORD 'mine'`);
      await shop.revoke(lease);
      const url = shop.ground.url(shop.database, lease.outsideName, 'mine');
      const back = new pg.Client({ connectionString: url });
      expect(await refusal(back.connect())).toBe('28P01');
    });

    it.concurrent('ends sessions in other databases, and ones that call themselves somebody else', async () => {
      const { client, lease, issued } = await shop.login();
      const elsewhere = await shop.connect(issued, 'postgres');
      await elsewhere.query("SET application_name = 'countersign'");
      const renamed = `${shop.admin}_renamed`;
      await shop.owner.query(`CREATE ROLE ${renamed}`);
      await shop.owner.query(`GRANT ${renamed} TO ${lease.outsideName}`);
      await client.query(`SET ROLE ${renamed}`);
      expect((await shop.revoke(lease)).sessionsSeen).toBe(2);
      await shop.owner.query(`DROP ROLE ${renamed}`);
    });

    it('drops what the lease made, here and in other databases', async () => {
      const server = await testServer(major);
      const other = await server.createDatabase('other');
      const { client, lease, issued } = await shop.login();
      const elsewhere = await shop.connect(issued, other);
      let objects: number[] = [];
      await shop.owner.query(`GRANT CREATE ON SCHEMA stock, public TO ${lease.outsideName}`);
      for (const one of [client, elsewhere]) {
        await one.query('SET default_transaction_read_only = off');
        const made = await one.query('SELECT lo_create(0) AS oid FROM generate_series(1, 1200)');
        if (one === client) objects = made.rows.map(({ oid }) => oid);
        await one.query('CREATE TEMP TABLE mine (id int)');
      }
      await client.query('CREATE TABLE stock.mine (id int)');
      await client.query('ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC');
      await shop.owner.query(`REVOKE CREATE ON SCHEMA stock, public FROM ${lease.outsideName}`);
      await shop.revoke(lease);
      expect(await shop.roleExists(lease.outsideName)).toBe(false);
      const { rows } = await shop.owner.query(
        `SELECT to_regclass('stock.mine') AS t,
           (SELECT count(*)::int FROM pg_largeobject_metadata WHERE oid = ANY ($1)) AS n`,
        [objects],
      );
      expect(objects).toHaveLength(1200);
      expect(rows).toEqual([{ t: null, n: 0 }]);
      await shop.owner.query(`DROP DATABASE ${other}`);
    });

    it.concurrent('rolls back what the lease prepared, in whatever database', async () => {
      const server = await testServer(major);
      const other = await server.createDatabase('other');
      const { client, lease, issued } = await shop.login('write');
      const elsewhere = await shop.connect(issued, other);
      await client.query('BEGIN');
      await client.query('INSERT INTO orders (customer) VALUES (777)');
      await client.query(`PREPARE TRANSACTION 'it''s ${lease.id}'`);
      await elsewhere.query('BEGIN');
      await elsewhere.query('SELECT lo_create(0)');
      await elsewhere.query(`PREPARE TRANSACTION 'there ${lease.id}'`);
      await shop.revoke(lease);
      const left = await shop.owner.query('SELECT FROM pg_prepared_xacts WHERE gid LIKE $1', [
        `%${lease.id}`,
      ]);
      expect(left.rowCount).toBe(0);
      expect(await shop.roleExists(lease.outsideName)).toBe(false);
      await shop.owner.query(`DROP DATABASE ${other}`);
    });

    it.concurrent('ends another lease that stands in the way of dropping the role', async () => {
      const blocker = await shop.login();
      const { lease } = await shop.login();
      await blocker.client.query('SET default_transaction_read_only = off');
      await blocker.client.query('CREATE TEMP TABLE mine (id int)');
      await blocker.client.query('BEGIN READ WRITE');
      await blocker.client.query(`GRANT SELECT ON mine TO ${lease.outsideName}`);
      await shop.revoke(lease);
      expect(await shop.roleExists(lease.outsideName)).toBe(false);
    });

    it.concurrent('goes on from any step at which an earlier attempt stopped', async () => {
      const steps = [
        (name: string) => `ALTER ROLE ${name} NOLOGIN PASSWORD NULL`,
        (name: string) => `ALTER ROLE ${name} NOLOGIN; DROP OWNED BY ${name}`,
        (name: string) => `DROP ROLE ${name}`,
      ];
      await Promise.all(
        steps.map(async (step) => {
          const request = shop.request();
          await shop.provider.issue(request);
          await shop.owner.query(step(request.lease.outsideName));
          const restarted = shop.anotherBroker();
          await shop.revoke(request.lease, restarted);
          expect(await shop.roleExists(request.lease.outsideName)).toBe(false);
          await restarted.close();
        }),
      );
    });

    it.concurrent('does not call a lease dead while a session outlives the dropped role', async () => {
      const { client, lease } = await shop.login();
      await shop.owner.query(`DROP OWNED BY ${lease.outsideName}; DROP ROLE ${lease.outsideName}`);
      await expect(shop.revoke(lease)).rejects.toMatchObject({
        code: 'provider_unavailable',
        detail: expect.stringContaining('pg_signal_backend') as string,
      });
      await shop.owner.query(`GRANT pg_signal_backend TO ${shop.admin}`);
      expect((await shop.revoke(lease)).sessionsSeen).toBe(1);
      await shop.owner.query(`REVOKE pg_signal_backend FROM ${shop.admin}`);
      await expect(client.query('SELECT 1')).rejects.toThrow(/terminat|not queryable/);
    });

    it.concurrent('leaves roles of others alone, whatever it is told', async () => {
      for (const outsideName of [
        shop.admin,
        'postgres',
        `cs_${shop.installation}_g_0123456789abcdef`,
      ]) {
        await expect(shop.revoke({ id: 'lse', outsideName, expiresAt: 0 })).rejects.toMatchObject({
          code: 'provider_rejected',
        });
      }
    });

    it.concurrent('says so when the server is down, and stops when it is told to', async () => {
      const value = new Secret('postgres://a:b@127.0.0.1:1/c');
      const lease = newLease(shop.installation);
      const down = { ...shop.reach(), lease, root: { value, generation: 1 } };
      const broker = shop.anotherBroker();
      await expect(broker.revoke(down)).rejects.toMatchObject({ code: 'provider_unavailable' });
      await broker.close();
      const { lease: live } = await shop.login();
      const controller = new AbortController();
      const revoking = shop.provider.revoke({
        ...shop.reach(),
        lease: live,
        signal: controller.signal,
        onFirstZero: () => controller.abort(),
      });
      await expect(revoking).rejects.toMatchObject({ code: 'provider_unavailable' });
      expect(await shop.roleExists(live.outsideName)).toBe(true);
      await shop.revoke(live);
    });
  });
});
