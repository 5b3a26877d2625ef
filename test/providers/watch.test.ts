import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminConnections } from '../../src/providers/postgres/connections.ts';
import { findLease } from '../../src/providers/postgres/lock-out.ts';
import { endSessions } from '../../src/providers/postgres/sessions.ts';
import { availableMajors } from '../support/postgres.ts';
import { eventually, type Lease, refusal, Shop } from './shop.ts';

function live(lease: Lease, statementTimeoutMs = 30_000) {
  return { outsideName: lease.outsideName, statementTimeoutMs };
}

describe.each([14, 18] as const)('the watchdog on PostgreSQL %i', (major) => {
  describe.skipIf(!availableMajors().includes(major))('with real clients', () => {
    let shop: Shop;
    let old: Awaited<ReturnType<Shop['login']>>;
    beforeAll(async () => {
      shop = await Shop.open(major);
      old = await shop.login();
    });
    afterAll(() => shop.close());

    async function busyMs(lease: Lease): Promise<number> {
      const { rows } = await shop.owner.query<{ ms: number }>(
        `SELECT (extract(epoch FROM clock_timestamp() - query_start) * 1000)::float8 AS ms
         FROM pg_stat_activity WHERE usename = $1 AND state = 'active'`,
        [lease.outsideName],
      );
      return rows[0]?.ms ?? 0;
    }

    it('does nothing where nothing is wrong', async () => {
      const { lease, client } = await shop.login();
      await client.query('SELECT 1');
      expect(await shop.provider.watch(shop.reach(), [live(lease)])).toEqual([]);
    });

    it('cancels a statement that runs too long although the session turned its timeout off', async () => {
      const { lease, client } = await shop.login();
      await client.query('SET statement_timeout = 0');
      const query = refusal(client.query('SELECT pg_sleep(25)'));
      await eventually(async () => (await busyMs(lease)) > 150);
      const actions = await shop.provider.watch(shop.reach(), [live(lease, 100)]);
      expect(actions).toMatchObject([
        { kind: 'statement_cancelled', outsideName: lease.outsideName },
      ]);
      expect(await query).toBe('57014');
      await client.query('SELECT 1');
    });

    it('ends the session when a handler swallows the cancel', async () => {
      const { lease, client } = await shop.login();
      await client.query('SET statement_timeout = 0');
      const query = refusal(
        client.query(`DO $$ BEGIN LOOP
          BEGIN PERFORM pg_sleep(25); EXCEPTION WHEN query_canceled THEN NULL; END;
        END LOOP; END $$`),
      );
      await eventually(async () => (await busyMs(lease)) > 150);
      const first = await shop.provider.watch(shop.reach(), [live(lease, 100)]);
      expect(first).toMatchObject([{ kind: 'statement_cancelled' }]);
      // A limit five seconds back stands for five seconds more.
      const second = await shop.provider.watch(shop.reach(), [live(lease, 100 - 5_000)]);
      expect(second).toMatchObject([{ kind: 'session_ended', outsideName: lease.outsideName }]);
      expect(await query).toBe('57P01');
    });

    it('ends sessions of leases that are not live, once the list cannot be older than they are', async () => {
      const young = await shop.login();
      const age = async () => {
        const { rows } = await shop.owner.query<{ old: boolean }>(
          "SELECT clock_timestamp() - backend_start > '10.1s' AS old FROM pg_stat_activity WHERE usename = $1",
          [old.lease.outsideName],
        );
        return rows[0]?.old ?? false;
      };
      await eventually(age);
      const actions = await shop.provider.watch(shop.reach(), []);
      expect(actions).toContainEqual(
        expect.objectContaining({ kind: 'session_ended', outsideName: old.lease.outsideName }),
      );
      await expect(old.client.query('SELECT 1')).rejects.toThrow(/terminat|not queryable/);
      await young.client.query('SELECT 1');
    });

    it.skipIf(major >= 16)('undoes what a lease does with its own role before 16', async () => {
      const { lease, client } = await shop.login();
      const friend = await shop.login();
      const both = [live(lease), live(friend.lease)];
      await client.query('SET default_transaction_read_only = off');
      await client.query(`REVOKE ${lease.outsideName} FROM ${shop.admin}`);
      await client.query(`GRANT ${lease.outsideName} TO ${friend.lease.outsideName}`);
      await friend.client.query(`SET ROLE ${lease.outsideName}`);
      const actions = await shop.provider.watch(shop.reach(), both);
      const here = actions.filter(({ outsideName }) => outsideName === lease.outsideName);
      expect(here).toMatchObject([
        {
          kind: 'foreign_member_removed',
          detail: expect.stringContaining('took it back') as string,
        },
        {
          kind: 'foreign_member_removed',
          detail: expect.stringContaining(friend.lease.outsideName) as string,
        },
      ]);
      await expect(friend.client.query('SELECT 1')).rejects.toThrow(/terminat|not queryable/);
      const next = await shop.provider.watch(shop.reach(), both);
      expect(next.filter(({ outsideName }) => outsideName === lease.outsideName)).toEqual([]);
      await shop.revoke(lease);
    });

    it.skipIf(major >= 16)(
      'revokes a lease that keeps taking the admin’s membership away',
      async () => {
        const { lease, client } = await shop.login();
        const friend = await shop.login();
        const stock = await shop.login('stock');
        const group = await shop.owner.query(
          'SELECT roleid::regrole::text AS name FROM pg_auth_members WHERE member = $1::regrole',
          [stock.lease.outsideName],
        );
        await client.query('SET default_transaction_read_only = off');
        await client.query(`GRANT ${lease.outsideName} TO ${friend.lease.outsideName}`);
        await client.query(`GRANT ${lease.outsideName} TO ${group.rows[0].name}`);
        await friend.client.query(`SET ROLE ${lease.outsideName}`);
        const looping = refusal(
          client.query(`DO $$ BEGIN LOOP
          BEGIN EXECUTE 'REVOKE ${lease.outsideName} FROM ${shop.admin}'; EXCEPTION WHEN OTHERS THEN NULL; END;
          COMMIT;
        END LOOP; END $$`),
        );
        const result = await shop.revoke(lease);
        expect(result.sessionsSeen).toBe(1);
        expect(await looping).toBe('57P01');
        expect(await shop.roleExists(lease.outsideName)).toBe(false);
        await expect(friend.client.query('SELECT 1')).rejects.toThrow(/terminat|not queryable/);
      },
    );

    it.skipIf(major >= 16)(
      'ends a lease whose membership is lost between any two steps',
      async () => {
        const { lease, client } = await shop.login();
        await client.query('SET default_transaction_read_only = off');
        const loop = `DO $$ BEGIN LOOP
        BEGIN EXECUTE 'REVOKE ${lease.outsideName} FROM ${shop.admin}'; EXCEPTION WHEN OTHERS THEN NULL; END;
        COMMIT;
      END LOOP; END $$`;
        const looping = refusal(client.query(loop));
        await eventually(async () => {
          const { rowCount } = await shop.owner.query(
            'SELECT FROM pg_auth_members WHERE roleid = $1::regrole',
            [lease.outsideName],
          );
          return rowCount === 0;
        });
        expect((await shop.revoke(lease)).sessionsSeen).toBe(1);
        expect(await looping).toBe('57P01');
      },
    );

    it.skipIf(major >= 16)(
      'ends sessions although the membership was just taken away',
      async () => {
        const { lease, client } = await shop.login();
        await client.query('SET default_transaction_read_only = off');
        await client.query(`REVOKE ${lease.outsideName} FROM ${shop.admin}`);
        const connections = new AdminConnections(new Set());
        const ended = await connections.use(shop.reach(), async (session) => {
          const found = await findLease(session, lease.outsideName);
          return found && endSessions(session, found);
        });
        expect(ended).toHaveLength(1);
        await connections.close();
      },
    );

    it.skipIf(major < 16)('leaves a lease nothing to undo from 16 on', async () => {
      const { lease, client } = await shop.login();
      const friend = await shop.login();
      await client.query('SET default_transaction_read_only = off');
      const attempts = [
        `GRANT ${lease.outsideName} TO ${friend.lease.outsideName}`,
        `REVOKE ${lease.outsideName} FROM ${shop.admin}`,
      ];
      for (const sql of attempts) expect(await refusal(client.query(sql))).toBe('42501');
    });
  });
});
