import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../src/domain/secret.ts';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../src/platform/embedded-postgres/start.ts';
import { hardeningSql } from '../../src/providers/postgres/hardening.ts';
import { availableMajors } from '../support/postgres.ts';
import { type Ground, refusal, Shop } from './shop.ts';

const PACKAGES = { 14: 'embedded-postgres-14-linux-x64', 18: undefined } as const;

/** What an administrator may have left open; each is one gap beyond the server's defaults. */
const CARELESS = `
CREATE FUNCTION stock.mighty() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
CREATE PROCEDURE stock."mighty too"(a int, "b "" c" text) LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
CREATE FUNCTION stock.fires() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN NULL; END';
CREATE SCHEMA "open; --"; GRANT CREATE, USAGE ON SCHEMA "open; --" TO PUBLIC;
GRANT SELECT (id) ON secrets TO PUBLIC; GRANT DELETE ON stock.items TO PUBLIC;
CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;
GRANT USAGE ON FOREIGN DATA WRAPPER w TO PUBLIC; GRANT USAGE ON FOREIGN SERVER s TO PUBLIC;
GRANT EXECUTE ON FUNCTION pg_read_file(text) TO PUBLIC;`;

describe.each([14, 18] as const)('probing PostgreSQL %i', (major) => {
  describe.skipIf(!availableMajors().includes(major))('with real clients', () => {
    let home: string;
    let server: EmbeddedPostgres;
    let ground: Ground;
    let shop: Shop;

    beforeAll(async () => {
      // A server of its own: the hardening shuts PUBLIC out of all its databases.
      home = await mkdtemp(join(tmpdir(), 'countersign-test-'));
      const packageName = PACKAGES[major];
      // Where we are root, PostgreSQL 14 runs only below folders that are open to all.
      await chmod(home, 0o711);
      const dataDir = join(home, 'data');
      await mkdir(dataDir, { mode: 0o711 });
      server = await startEmbeddedPostgres({
        dataDir,
        fsync: false,
        ...(packageName ? { packageName } : {}),
      });
      const { host, port, superuser } = server;
      ground = {
        major,
        host,
        port,
        url: (database, user = superuser, password = server.password.reveal()) =>
          `postgres://${user}:${password}@${host}:${port}/${database}`,
      };
      const maker = new pg.Client({ connectionString: ground.url('postgres') });
      await maker.connect();
      await maker.query('CREATE DATABASE shop');
      await maker.query('CREATE DATABASE "other ""one"""');
      await maker.end();
      shop = await Shop.on(ground, 'shop');
    });
    afterAll(async () => {
      await shop.close();
      await server.stop();
      await rm(home, { recursive: true, force: true });
    });

    const probe = (options = {}) => shop.provider.probe(shop.reach(shop.resource(options)));
    async function ids(): Promise<string[]> {
      return (await probe()).findings.map(({ id }) => id);
    }

    it('lists what a default server gives to PUBLIC', async () => {
      const report = await probe();
      expect(report).toMatchObject({
        reachable: true,
        hardened: false,
        serverVersion: expect.stringMatching(new RegExp(`^${major}\\.`)) as string,
      });
      const gaps = report.findings.filter(({ severity }) => severity === 'gap');
      expect(gaps.map(({ id }) => id)).toEqual(
        major === 14
          ? ['public-temp', 'public-create', 'connect-elsewhere', 'large-objects']
          : ['public-temp', 'connect-elsewhere', 'large-objects'],
      );
      expect(report.findings.filter(({ severity }) => severity === 'blocking')).toEqual([]);
      const advice = report.findings.filter(({ severity }) => severity === 'advice');
      expect(advice.map(({ id }) => id)).toEqual([
        'admin-signal-backend',
        major === 14 ? 'createrole-superuser' : 'admin-temp-file-limit',
      ]);
    });

    it('takes gaps that the resource file accepts by name, and no others', async () => {
      const accept = ['public-temp', 'public-create', 'connect-elsewhere', 'large-objects'];
      expect((await probe({ accept })).hardened).toBe(true);
      for (const id of accept.filter((one) => major === 14 || one !== 'public-create')) {
        expect((await probe({ accept: accept.filter((one) => one !== id) })).hardened).toBe(false);
      }
    });

    it('becomes hardened by exactly the SQL it prints, and its leases still work', async () => {
      await shop.owner.query(CARELESS);
      if (major >= 15) await shop.owner.query('GRANT SET ON PARAMETER log_statement TO PUBLIC');
      await shop.owner.query(
        `REVOKE GRANT OPTION FOR SELECT ON orders FROM ${shop.admin};
         REVOKE USAGE ON SCHEMA stock FROM ${shop.admin};
         REVOKE USAGE ON SEQUENCE orders_id_seq FROM ${shop.admin};
         REVOKE CONNECT ON DATABASE shop FROM PUBLIC; GRANT CONNECT ON DATABASE shop TO ${shop.admin};
         ALTER ROLE ${shop.admin} CREATEDB BYPASSRLS;
         GRANT pg_read_all_data TO ${shop.admin}`,
      );
      expect(await ids()).toEqual(
        expect.arrayContaining([
          'admin-attributes',
          'admin-memberships',
          'admin-grant-option',
          'admin-connect',
          'public-create',
          'security-definer',
          'public-tables',
          'foreign-servers',
          'server-functions',
          ...(major >= 15 ? ['public-parameters'] : []),
        ]),
      );
      await shop.owner.query(hardeningSql(await probe()));
      const after = await probe();
      expect(after.findings.map(({ id }) => id)).toEqual(
        major === 14 ? ['createrole-superuser'] : [],
      );
      expect(after.hardened).toBe(true);
      expect(hardeningSql(after)).toBe('');
      for (const scope of ['read', 'write', 'stock']) {
        const { lease, client } = await shop.login(scope);
        await client.query('SELECT 1');
        await client.query('SET default_transaction_read_only = off');
        const closed = [
          'CREATE TEMP TABLE t (id int)',
          'SELECT lo_create(0)',
          "SELECT lo_from_bytea(0, 'x')",
          'SELECT lo_creat(-1)',
          'CREATE TABLE public.t (id int)',
          'SELECT stock.mighty()',
          'SELECT id FROM public.secrets',
          'DELETE FROM stock.items',
          "SELECT pg_read_file('PG_VERSION')",
        ];
        for (const sql of closed) expect(await refusal(client.query(sql))).toBe('42501');
        await shop.revoke(lease);
        expect(await shop.roleExists(lease.outsideName)).toBe(false);
      }
    });

    it('keeps leases out of other databases once hardened', async () => {
      const issued = await shop.provider.issue(shop.request());
      expect(await refusal(shop.connect(issued, 'postgres'))).toBe('42501');
      expect(await refusal(shop.connect(issued, 'template1'))).toBe('42501');
    });

    it.skipIf(major < 15)('limits temporary files where it may', async () => {
      const { client } = await shop.login();
      expect((await client.query('SHOW temp_file_limit')).rows[0].temp_file_limit).toBe('1GB');
    });

    it('refuses an admin that is a superuser or cannot create roles', async () => {
      await shop.owner.query(`ALTER ROLE ${shop.admin} SUPERUSER`);
      expect(await ids()).toContain('admin-superuser');
      await shop.owner.query(`ALTER ROLE ${shop.admin} NOSUPERUSER NOCREATEROLE`);
      const report = await probe();
      expect(report.hardened).toBe(false);
      expect(report.findings).toContainEqual(
        expect.objectContaining({
          id: 'admin-createrole',
          severity: 'blocking',
          sql: [`ALTER ROLE "${shop.admin}" CREATEROLE`],
        }),
      );
      await shop.owner.query(`ALTER ROLE ${shop.admin} CREATEROLE`);
    });

    it.skipIf(major < 16)('asks for ADMIN OPTION on what an earlier admin made', async () => {
      const { lease } = await shop.login();
      const previous = shop.admin;
      const heir = `${previous}_heir`;
      await shop.owner.query(
        `CREATE ROLE ${heir} LOGIN CREATEROLE PASSWORD 'heir'; GRANT CONNECT ON DATABASE shop TO ${heir}`,
      );
      const value = new Secret(ground.url('shop', heir, 'heir'));
      const other = shop.anotherBroker();
      const reach = { ...shop.reach(), root: { value, generation: 2 } };
      const report = await other.probe(reach);
      expect(report.findings.find(({ id }) => id === 'admin-option')?.sql).toContain(
        `GRANT "${lease.outsideName}" TO "${heir}" WITH ADMIN OPTION`,
      );
      await shop.owner.query(hardeningSql(report));
      expect((await other.probe(reach)).hardened).toBe(true);
      expect((await other.revoke({ ...reach, lease })).sessionsSeen).toBe(1);
      // The heir's hardening shut the earlier admin out: the same road leads back.
      await shop.owner.query(hardeningSql(await probe()));
      await other.close();
    });

    it('reports a server that cannot be reached or entered, without a secret', async () => {
      const other = shop.anotherBroker();
      const nowhere = new Secret('postgres://adm:canary-secret@127.0.0.1:1/shop');
      const down = await other.probe({ ...shop.reach(), root: { value: nowhere, generation: 1 } });
      expect(down).toMatchObject({ reachable: false, hardened: false });
      expect(down.findings.map(({ id }) => id)).toEqual(['unreachable']);
      const wrong = new Secret(ground.url('shop', shop.admin, 'canary-secret'));
      const refused = await other.probe({ ...shop.reach(), root: { value: wrong, generation: 2 } });
      expect(refused.findings.map(({ id }) => id)).toEqual(['admin-login']);
      expect(JSON.stringify([down, refused])).not.toContain('canary');
      await other.close();
    });
  });
});
