import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { availableMajors } from '../support/postgres.ts';
import { refusal, Shop } from './shop.ts';

/**
 * Roads to a change, by what they try. Every one must end at the privilege check (42501), not at the
 * read-only setting (25006), which the session turns off first.
 */
const ROADS: readonly [string, string][] = [
  ['delete', 'DELETE FROM orders'],
  ['insert', 'INSERT INTO orders (customer) VALUES (1)'],
  ['update', 'UPDATE orders SET total = 0'],
  ['truncate', 'TRUNCATE orders'],
  [
    'merge by upsert',
    'INSERT INTO orders (id, customer) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET total = 0',
  ],
  ['drop', 'DROP TABLE orders'],
  ['alter', 'ALTER TABLE orders ADD COLUMN x int'],
  ['lock', 'BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE'],
  ['select for update', 'SELECT FROM orders FOR UPDATE'],
  ['index', 'CREATE INDEX ON orders (total)'],
  [
    'trigger',
    'CREATE TRIGGER t BEFORE INSERT ON orders EXECUTE FUNCTION suppress_redundant_updates_trigger()',
  ],
  ['rule', 'CREATE RULE r AS ON INSERT TO orders DO INSTEAD NOTHING'],
  ['policy', 'CREATE POLICY p ON orders'],
  ['statistics', 'CREATE STATISTICS stock.s ON id, total FROM orders'],
  ['comment', "COMMENT ON TABLE orders IS 'x'"],
  ['schema', 'CREATE SCHEMA mine'],
  ['database', 'CREATE DATABASE mine'],
  ['role', 'CREATE ROLE mine'],
  ['tablespace', "CREATE TABLESPACE t LOCATION '/x'"],
  ['extension', 'CREATE EXTENSION dblink'],
  ['language', 'CREATE LANGUAGE plpython3u'],
  ['foreign server', 'CREATE FOREIGN DATA WRAPPER w'],
  ['function in a schema', "CREATE FUNCTION stock.f() RETURNS int LANGUAGE sql AS 'SELECT 1'"],
  [
    'event trigger',
    'CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION suppress_redundant_updates_trigger()',
  ],
  ['publication', 'CREATE PUBLICATION p FOR ALL TABLES'],
  ['CTE', 'WITH gone AS (DELETE FROM orders RETURNING id) SELECT * FROM gone'],
  ['explain analyze', 'EXPLAIN ANALYZE DELETE FROM orders'],
  ['prepared statement', 'PREPARE d AS DELETE FROM orders; EXECUTE d'],
  ['cursor', 'BEGIN; DECLARE c CURSOR FOR SELECT * FROM orders FOR UPDATE'],
  ['DO block', "DO $$ BEGIN EXECUTE 'DELETE FROM orders'; END $$"],
  [
    'SQL in a string, of another table',
    "SELECT ts_rewrite('a'::tsquery, 'SELECT id::text::tsquery, id::text::tsquery FROM secrets')",
  ],
  [
    'SQL in a string, of another column',
    "SELECT ts_stat('SELECT to_tsvector(email) FROM customers')",
  ],
  ['sequence', "SELECT nextval('orders_id_seq')"],
  ['setval', "SELECT setval('orders_id_seq', 1)"],
  ['copy from program', "COPY orders FROM PROGRAM 'id'"],
  ['copy to program', "COPY orders TO PROGRAM 'id'"],
  ['copy to file', "COPY orders TO '/tmp/x'"],
  ['copy from file', "COPY orders FROM '/etc/passwd'"],
  ['copy in', 'COPY orders FROM STDIN'],
  ['read a file', "SELECT pg_read_file('/etc/passwd')"],
  ['list files', "SELECT pg_ls_dir('.')"],
  ['import a file', "SELECT lo_import('/etc/passwd')"],
  ['load a library', "LOAD '/tmp/x.so'"],
  ['configuration', "ALTER SYSTEM SET work_mem = '1GB'"],
  ['reload', 'SELECT pg_reload_conf()'],
  ['superuser setting', "SET session_preload_libraries = 'x'"],
  ['triggers off', "SET session_replication_role = 'replica'"],
  ['other columns', 'SELECT email FROM customers'],
  ['whole row', 'SELECT c FROM customers c'],
  ['statistics of other columns', 'SELECT * FROM pg_statistic'],
  ['passwords', 'SELECT rolpassword FROM pg_authid'],
  ['become the admin', 'SET ROLE {admin}'],
  ['become a superuser', 'SET ROLE {superuser}'],
  ['session authorization', 'SET SESSION AUTHORIZATION {superuser}'],
  ['grant itself', 'GRANT {group} TO {self} WITH ADMIN OPTION'],
  ['more attributes', 'ALTER ROLE {self} CREATEROLE'],
  ['more connections', 'ALTER ROLE {self} CONNECTION LIMIT -1'],
  ['no end', "ALTER ROLE {self} VALID UNTIL 'infinity'"],
  ['another name', 'ALTER ROLE {group} RENAME TO mine'],
  ['settings of all', "ALTER ROLE ALL SET work_mem = '1MB'"],
  ['temp_file_limit', 'SET temp_file_limit = -1'],
  ['end another session', 'SELECT pg_terminate_backend({admin_pid})'],
  ['replication slot', "SELECT pg_create_physical_replication_slot('s')"],
];

describe.each([14, 18] as const)('a read-only lease on PostgreSQL %i', (major) => {
  describe.skipIf(!availableMajors().includes(major))('with real clients', () => {
    let shop: Shop;
    let client: pg.Client;
    let fill: (sql: string) => string;
    beforeAll(async () => {
      shop = await Shop.open(major);
      // Temporary tables and CREATE are closed by hardening; here only what a group grants is asked.
      await shop.owner.query(
        `REVOKE TEMPORARY ON DATABASE ${shop.database} FROM PUBLIC; REVOKE CREATE ON SCHEMA public FROM PUBLIC;
         GRANT USAGE ON SCHEMA stock TO PUBLIC`,
      );
      const { lease } = await shop.login();
      const opened = await shop.login();
      client = opened.client;
      await client.query('SET default_transaction_read_only = off');
      const { rows } = await shop.owner.query(
        `SELECT pg_backend_pid() AS pid, (SELECT roleid::regrole::text FROM pg_auth_members
           WHERE member = $1::regrole) AS grp`,
        [lease.outsideName],
      );
      fill = (sql) =>
        sql
          .replaceAll('{admin}', shop.admin)
          .replaceAll('{superuser}', 'postgres')
          .replaceAll('{self}', opened.lease.outsideName)
          .replaceAll('{group}', rows[0].grp)
          .replaceAll('{admin_pid}', rows[0].pid);
    });
    afterAll(() => shop.close());

    it.each(ROADS)('cannot: %s', async (_name, sql) => {
      expect(await refusal(client.query(fill(sql)))).toBe('42501');
      await client.query('ROLLBACK');
      await client.query('DEALLOCATE ALL');
    });

    it('changed nothing by trying', async () => {
      const { rows } = await shop.owner.query(
        'SELECT count(*)::int AS n, sum(total)::int AS total FROM orders',
      );
      expect(rows).toEqual([{ n: 500, total: 500 }]);
    });

    it('cannot keep its group, become it or give it away', async () => {
      const { lease } = await shop.login();
      const { rows } = await shop.owner.query(
        'SELECT roleid::regrole::text AS grp, admin_option FROM pg_auth_members WHERE member = $1::regrole',
        [lease.outsideName],
      );
      expect(rows).toHaveLength(1);
      expect(rows[0].admin_option).toBe(false);
      // Before 16 SET ROLE cannot be withheld; the group may do nothing the lease may not.
      const becomes = await refusal(client.query(`SET ROLE ${rows[0].grp}`));
      expect(becomes).toBe(major >= 16 ? '42501' : undefined);
      expect(await refusal(client.query('DELETE FROM orders'))).toBe('42501');
      await client.query('RESET ROLE');
    });

    it('gains nothing by changing itself', async () => {
      const { client: own, lease, issued } = await shop.login();
      const name = lease.outsideName;
      await own.query('SET default_transaction_read_only = off');
      await own.query(`ALTER ROLE ${name} SET default_transaction_read_only = off`);
      await own.query(`ALTER ROLE ${name} SET statement_timeout = 0`);
      await own.query(`ALTER ROLE ${name} RESET ALL`);
      const again = await shop.connect(issued);
      expect(await refusal(again.query('DELETE FROM orders'))).toBe('42501');
    });
  });
});
