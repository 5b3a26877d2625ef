import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { availableMajors } from '../../support/postgres.ts';
import { eventually, newLease, refusal } from '../shop.ts';
import { SandboxGround } from './ground.ts';

describe.each([14, 18] as const)('sandboxes on PostgreSQL %i', (major) => {
  describe.skipIf(!availableMajors().includes(major))('', () => {
    let ground: SandboxGround;
    let template: string;
    beforeAll(async () => {
      ground = await SandboxGround.open(major);
      ({ database: template } = await ground.build());
    });
    afterAll(() => ground.close());

    const revoke = (lease: { outsideName: string; id: string }, provider = ground.provider) =>
      provider.revoke({ ...ground.reach(), lease });
    const owned = async () =>
      (await ground.provider.listOwned(ground.reach(), { limit: 100 })).names;
    const leftovers = async (name: string) =>
      (await ground.sandboxes.leftovers(ground.installation)).filter((one) =>
        one.endsWith(name.slice(-26)),
      );

    it('gives the lease everything in its own database, and ends with it', async () => {
      const { client, lease, issued } = await ground.login(template);
      expect(issued.credential['database']).toBe(lease.outsideName);
      await client.query(`ALTER TABLE orders DROP COLUMN contact CASCADE; DROP TABLE events;
        CREATE SCHEMA mine; CREATE TABLE mine.t (i int); CREATE EXTENSION hstore; DELETE FROM orders;
        DROP FUNCTION stock.one CASCADE; CREATE TEMP TABLE x (i int)`);
      const result = await revoke(lease);
      expect(result.sessionsSeen).toBe(1);
      expect(await leftovers(lease.outsideName)).toEqual([]);
      expect((await revoke(lease)).sessionsSeen).toBe(0);
    });

    it('connects to nothing else and owns no database', async () => {
      const { client, lease, issued } = await ground.login(template);
      const other = await ground.login(template);
      for (const name of [
        'postgres',
        'template1',
        'sandboxes',
        template,
        other.lease.outsideName,
      ]) {
        expect(await refusal(ground.connect(issued, name)), name).toMatch(/^(42501|55000)$/);
      }
      const { adminRole } = ground.sandboxes;
      const roads = [
        `ALTER DATABASE ${lease.outsideName} OWNER TO ${lease.outsideName}`,
        `ALTER DATABASE ${lease.outsideName} CONNECTION LIMIT 1`,
        `COMMENT ON DATABASE ${lease.outsideName} IS 'countersign sandbox, bytes at most: 99999999999'`,
        `GRANT CONNECT ON DATABASE ${lease.outsideName} TO PUBLIC`,
        `DROP DATABASE ${other.lease.outsideName} WITH (FORCE)`,
        'CREATE DATABASE more',
        'CREATE ROLE more',
        `SET ROLE ${adminRole}`,
        `GRANT ${adminRole} TO CURRENT_USER`,
        `SET SESSION AUTHORIZATION ${adminRole}`,
        'CREATE EXTENSION dblink',
        'CREATE EXTENSION postgres_fdw',
        "COPY orders TO PROGRAM 'id'",
        "COPY orders TO '/tmp/orders'",
        `ALTER ROLE ${lease.outsideName} CREATEDB`,
      ];
      for (const sql of roads)
        expect(await refusal(client.query(sql).then(granted)), sql).toBeDefined();
      await Promise.all([revoke(lease), revoke(other.lease)]);
    });
    /** GRANT without the right to is a warning where something was grantable: then nothing came of it. */
    async function granted(result: pg.QueryResult): Promise<void> {
      if (result.command !== 'GRANT') return;
      const [row] = await ground.sandboxes.asSuperuser(
        `SELECT FROM pg_database, aclexplode(datacl) x WHERE x.grantee = 0 AND datname LIKE 'cs%'`,
      );
      if (!row) throw Object.assign(new Error('nothing was granted'), { code: '01007' });
    }

    it('refuses a template over the quota, and one that is gone, and leaves nothing behind', async () => {
      const small = ground.request(template, ground.scope({ max_size: '1MB' }));
      await expect(ground.provider.issue(small)).rejects.toMatchObject({
        code: 'provider_rejected',
        detail: expect.stringMatching(/takes [\d.]+ MB, more than the 1 MB/),
      });
      const gone = ground.request(ground.newTemplate());
      await expect(ground.provider.issue(gone)).rejects.toMatchObject({
        code: 'provider_misconfigured',
      });
      for (const { lease } of [small, gone]) expect(await leftovers(lease.outsideName)).toEqual([]);
    });

    it('waits while somebody is connected to the template, until its time is over', async () => {
      const { asSuperuser, server } = ground.sandboxes;
      await asSuperuser(`ALTER DATABASE ${template} ALLOW_CONNECTIONS true`);
      const inside = new pg.Client({ connectionString: server.url(template) });
      inside.on('error', () => undefined);
      await inside.connect();
      const request = ground.request(template);
      const hasty = ground.provider.issue({ ...request, signal: AbortSignal.timeout(100) });
      await expect(hasty).rejects.toMatchObject({ code: 'provider_unavailable' });
      const patient = ground.provider.issue(request);
      await inside.end();
      await asSuperuser(`ALTER DATABASE ${template} ALLOW_CONNECTIONS false`);
      const client = await ground.connect(await patient);
      expect((await client.query('SELECT count(*)::int AS n FROM orders')).rows).toEqual([
        { n: 1000 },
      ]);
      await revoke(request.lease);
      expect(await leftovers(request.lease.outsideName)).toEqual([]);
    });

    it('makes ten at once, and the same one again with another password', async () => {
      const requests = Array.from({ length: 10 }, () => ground.request(template));
      const issued = await Promise.all(requests.map((one) => ground.provider.issue(one)));
      const names = issued.map((one) => one.credential['database']);
      expect(new Set(names).size).toBe(10);
      const [first] = requests;
      if (!first || !issued[0]) throw new Error('none');
      const again = await ground.provider.issue(first);
      expect(await refusal(ground.connect(issued[0]))).toBe('28P01');
      await ground.connect(again);
      expect(await owned()).toEqual(requests.map(({ lease }) => lease.outsideName).sort());
      await Promise.all(requests.map(({ lease }) => revoke(lease)));
      expect(await owned()).toEqual([]);
    });

    it('rolls back what was prepared, and ends whoever is still making the database', async () => {
      const { client, lease } = await ground.login(template);
      await client.query('BEGIN; INSERT INTO orders (customer) SELECT min(id) FROM customers');
      await client.query("PREPARE TRANSACTION 'mine'");
      await revoke(lease);
      expect(await leftovers(lease.outsideName)).toEqual([]);

      // A broker that died in the middle: the server goes on, here because it waits for the template.
      const { asSuperuser, server, adminUrl } = ground.sandboxes;
      const dead = newLease(ground.installation);
      await asSuperuser(`ALTER DATABASE ${template} ALLOW_CONNECTIONS true`);
      const inside = new pg.Client({ connectionString: server.url(template) });
      const maker = new pg.Client({ connectionString: adminUrl });
      for (const one of [inside, maker]) one.on('error', () => undefined);
      await Promise.all([inside.connect(), maker.connect()]);
      const making = refusal(
        maker.query(
          `CREATE DATABASE "${dead.outsideName}" TEMPLATE "${template}" ALLOW_CONNECTIONS false`,
        ),
      );
      await eventually(async () => {
        const busy = await asSuperuser(
          `SELECT FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'CREATE DATABASE "${dead.outsideName}"%'`,
        );
        return busy.length > 0;
      });
      await revoke(dead);
      expect(await making).toBe('57P01');
      await inside.end();
      await asSuperuser(`ALTER DATABASE ${template} ALLOW_CONNECTIONS false`);
      expect(await leftovers(dead.outsideName)).toEqual([]);
    });

    it('goes on from any step at which an earlier attempt stopped', async () => {
      const { asSuperuser, adminRole } = ground.sandboxes;
      const steps: ((name: string) => string[])[] = [
        (name) => [`CREATE ROLE ${name}`, `GRANT ${name} TO ${adminRole} WITH ADMIN OPTION`],
        (name) => [
          `CREATE ROLE ${name}`,
          `GRANT ${name} TO ${adminRole} WITH ADMIN OPTION`,
          `CREATE DATABASE ${name} TEMPLATE ${template} OWNER ${adminRole} ALLOW_CONNECTIONS false`,
        ],
        (name) => [
          `CREATE DATABASE ${name} TEMPLATE ${template} OWNER ${adminRole} ALLOW_CONNECTIONS false`,
        ],
      ];
      for (const step of steps) {
        const lease = newLease(ground.installation);
        for (const sql of step(lease.outsideName)) await asSuperuser(sql);
        expect(await owned()).toEqual([lease.outsideName]);
        await revoke(lease);
        expect(await leftovers(lease.outsideName)).toEqual([]);
      }
      const full = await ground.login(template);
      await asSuperuser(`DROP DATABASE ${full.lease.outsideName} WITH (FORCE)`);
      await revoke(full.lease);
      expect(await leftovers(full.lease.outsideName)).toEqual([]);
    });

    it('locks a sandbox out that grows over its size', async () => {
      const scope = ground.scope({ max_size: '20MB' });
      const { client, lease, issued } = await ground.login(template, scope);
      const live = [{ outsideName: lease.outsideName, statementTimeoutMs: 60_000 }];
      const look = () => ground.provider.watch(ground.reach(), live);
      expect(await look()).toEqual([]);
      await client.query(
        "CREATE TABLE big AS SELECT repeat('x', 1000) FROM generate_series(1, 20000)",
      );
      expect(await look()).toEqual([
        {
          kind: 'size_exceeded',
          outsideName: lease.outsideName,
          detail: expect.stringMatching(/grown to [\d.]+ MB, over its 20 MB/),
        },
      ]);
      await expect(client.query('SELECT 1')).rejects.toThrow();
      expect(await refusal(ground.connect(issued))).toMatch(/^28/);
      await revoke(lease);
      expect(await leftovers(lease.outsideName)).toEqual([]);
    });

    it('is probed: closed servers only, CREATEDB needed, trusted roads and superuser objects told', async () => {
      const { asSuperuser, adminRole } = ground.sandboxes;
      const probe = async () => {
        const report = await ground.provider.probe(ground.reach());
        return {
          ...report,
          ids: report.findings.filter((one) => one.severity !== 'advice').map(({ id }) => id),
        };
      };
      const clean = await probe();
      expect(clean.ids).toEqual([]);
      expect(clean.hardened).toBe(true);
      expect(clean.findings).toContainEqual(
        expect.objectContaining({
          id: 'sandbox-superuser-objects',
          message: expect.stringContaining('functions of extension citext;'),
        }),
      );
      await asSuperuser('CREATE DATABASE careless');
      await asSuperuser(`ALTER ROLE ${adminRole} NOCREATEDB`);
      const refused = await probe();
      expect(refused.ids).toEqual(['admin-createdb', 'sandbox-connect-elsewhere']);
      expect(refused.hardened).toBe(false);
      for (const sql of refused.findings.flatMap((one) =>
        one.severity === 'blocking' ? one.sql : [],
      )) {
        await asSuperuser(sql);
      }
      expect((await probe()).ids).toEqual([]);
    });
  });
});
