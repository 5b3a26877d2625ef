import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hold, issue, logIn } from '../broker/ground.ts';
import type { TestAgent, TestBroker } from '../support/broker.ts';
import { availableMajors } from '../support/postgres.ts';
import { openSandboxScene, type SandboxScene } from '../support/sandbox-scene.ts';
import type { SandboxServer } from '../support/sandbox-server.ts';
import type { ShopDatabase } from '../support/shop.ts';
import type { Client } from '../../src/sdk/client.ts';
import { FINGERPRINT } from './roads.ts';

const SCOPE = 'sandboxes:try';

/** SQL with which an agent in its sandbox tries to get out of it, or to stay. `me` is its role and database. */
const WAYS_OUT: readonly (readonly [
  string,
  (at: { me: string; admin: string; shop: string }) => string,
])[] = [
  ['owning its database', ({ me }) => `ALTER DATABASE ${me} OWNER TO ${me}`],
  ['owning everything of the admin', ({ me, admin }) => `REASSIGN OWNED BY ${admin} TO ${me}`],
  ['becoming the admin', ({ admin }) => `SET ROLE ${admin}`],
  ['joining the admin', ({ me, admin }) => `GRANT ${admin} TO ${me}`],
  ['joining the owner of its database', ({ me }) => `GRANT pg_database_owner TO ${me}`],
  ['letting others in', ({ me }) => `ALTER DATABASE ${me} ALLOW_CONNECTIONS true`],
  ['making databases', () => 'CREATE DATABASE mine'],
  ['making roles', () => 'CREATE ROLE mine LOGIN'],
  ['more attributes', ({ me }) => `ALTER ROLE ${me} CREATEDB`],
  ['a longer life', ({ me }) => `ALTER ROLE ${me} VALID UNTIL 'infinity'`],
  [
    'a larger quota',
    ({ me }) => `COMMENT ON DATABASE ${me} IS 'countersign sandbox, bytes at most: 1e15'`,
  ],
  ['dblink', () => 'CREATE EXTENSION dblink'],
  ['a foreign data wrapper', () => 'CREATE EXTENSION postgres_fdw'],
  ['a subscription', ({ shop }) => `CREATE SUBSCRIPTION s CONNECTION '${shop}' PUBLICATION p`],
  ['a program', () => "COPY (SELECT 1) TO PROGRAM 'id'"],
  ['a file', () => "SELECT pg_read_file('/etc/passwd')"],
  [
    'an untrusted language',
    () => 'CREATE FUNCTION f() RETURNS int LANGUAGE c AS $$libc$$, $$system$$',
  ],
  ['the settings of the server', () => "ALTER SYSTEM SET log_statement = 'all'"],
  [
    'ending the broker',
    ({ admin }) =>
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${admin}'`,
  ],
];

describe.each([14, 18] as const)('a sandbox on PostgreSQL %i', (major) => {
  describe.skipIf(!availableMajors().includes(major))('', () => {
    let scene: SandboxScene;
    let broker: TestBroker;
    let shop: ShopDatabase;
    let sandboxes: SandboxServer;
    let admin: Client;
    let agent: TestAgent;
    beforeAll(async () => {
      scene = await openSandboxScene(major);
      ({ broker, shop, sandboxes } = scene);
      admin = await broker.operator();
      for (const [name, value] of [
        ['shop/admin-url', shop.adminUrl],
        ['sandboxes/admin-url', sandboxes.adminUrl],
      ] as const) {
        await admin.call('setSecret', { params: { name }, body: { value } });
      }
      const params = { name: 'sandboxes', template: 'shop' };
      await admin.call('refreshTemplate', { params });
      for (let state = 'building'; state !== 'ready'; ) {
        state = (await admin.call('listTemplates', { params })).items[0]?.state ?? '';
        if (!['building', 'ready'].includes(state)) throw new Error(`the template is ${state}`);
      }
      agent = await broker.agent();
    });
    afterAll(() => scene.stop());

    it('is left by none of the roads there are, and production stays as it was', async () => {
      const before = await shop.asSuperuser(FINGERPRINT);
      const lease = await issue(await hold(agent, [SCOPE]), SCOPE);
      const session = await logIn(lease.url);
      for (const [name, sql] of WAYS_OUT) {
        const at = { me: lease.role, admin: sandboxes.adminRole, shop: shop.adminUrl };
        const outcome = await session.query(sql(at)).then(
          () => 'done',
          (error: { code?: string }) => error.code ?? 'refused',
        );
        expect(outcome, name).not.toBe('done');
      }
      expect(await shop.asSuperuser(FINGERPRINT)).toEqual(before);
    });

    it('opens no other database, and is opened by no other login', async () => {
      const [mine, yours] = [
        await issue(await hold(agent, [SCOPE]), SCOPE),
        await issue(await hold(agent, [SCOPE]), SCOPE),
      ];
      const names = await sandboxes.asSuperuser<{ datname: string }>(
        'SELECT datname FROM pg_database',
      );
      for (const { datname } of names.filter((one) => one.datname !== mine.role)) {
        const url = new URL(mine.url);
        url.pathname = `/${datname}`;
        const session = new pg.Client({ connectionString: url.href });
        await expect(session.connect(), datname).rejects.toMatchObject({
          code: expect.stringMatching(/^(42501|55000)$/),
        });
      }
      expect(names.map(({ datname }) => datname)).toContain(yours.role);
    });

    it('is not outlived by what it prepares, gives away, or keeps open', async () => {
      const lease = await issue(await hold(agent, [SCOPE]), SCOPE);
      const session = await logIn(lease.url);
      await session.query(`ALTER ROLE ${lease.role} PASSWORD 'mine'`);
      await session.query("BEGIN; CREATE TABLE t (i int); PREPARE TRANSACTION 'stay'");
      await session.query(
        `BEGIN; LOCK TABLE orders; ALTER ROLE ${lease.role} SET work_mem = '8MB'`,
      );
      const params = { id: lease.lease };
      await lease.client.call('revokeLease', { params });
      for (let state = ''; state !== 'revoked'; ) {
        state = (await admin.call('getLease', { params })).state;
      }
      const left = await sandboxes.leftovers(broker.composed.broker.installation);
      expect(left.filter((name) => name.endsWith(lease.role.slice(-26)))).toEqual([]);
      expect(await sandboxes.asSuperuser('SELECT FROM pg_prepared_xacts')).toEqual([]);
      const url = new URL(lease.url);
      url.password = 'mine';
      await expect(logIn(url.href)).rejects.toMatchObject({ code: '28P01' });
    });
  });
});
