import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { availableMajors } from '../support/postgres.ts';
import { newLease, refusal, Shop, scope } from './shop.ts';

describe.each([14, 18] as const)('issuing on PostgreSQL %i', (major) => {
  describe.skipIf(!availableMajors().includes(major))('with real clients', () => {
    let shop: Shop;
    beforeAll(async () => {
      shop = await Shop.open(major);
    });
    afterAll(() => shop.close());

    it('hands out a login that reads what the scope names', async () => {
      const { client, issued, lease } = await shop.login();
      expect(issued.credential).toMatchObject({
        type: 'postgres',
        host: '127.0.0.1',
        port: shop.ground.port,
        database: shop.database,
        username: lease.outsideName,
        password: issued.secret.reveal(),
      });
      expect(issued.secret.reveal()).toMatch(/^[\w-]{43}$/);
      expect(issued.info).toEqual({
        columns: {
          'public.Odd "name"': ['id', "Col ' umn"],
          'public.customers': ['id', 'country'],
          'public.orders': ['id', 'customer', 'total'],
        },
      });
      const { rows } = await client.query('SELECT count(*)::int AS n FROM orders');
      expect(rows).toEqual([{ n: 500 }]);
      await client.query('SELECT id, country FROM customers');
      await client.query(`SELECT "Col ' umn" FROM "Odd ""name"""`);
      expect(await refusal(client.query('SELECT email FROM customers'))).toBe('42501');
      expect(await refusal(client.query('SELECT * FROM customers'))).toBe('42501');
      expect(await refusal(client.query('SELECT * FROM secrets'))).toBe('42501');
      expect(await refusal(client.query('SELECT * FROM stock.items'))).toBe('42501');
    });

    it('sets the conveniences and limits of the scope', async () => {
      const { client } = await shop.login();
      const show = async (name: string) => (await client.query(`SHOW ${name}`)).rows[0]?.[name];
      expect(await show('statement_timeout')).toBe('30s');
      expect(await show('default_transaction_read_only')).toBe('on');
      expect(await show('idle_in_transaction_session_timeout')).toBe('1min');
      expect(await show('lock_timeout')).toBe('5s');
      expect(await show('search_path')).toBe('public');
    });

    it('allows as many connections as the scope says, until it ends', async () => {
      const { issued, lease } = await shop.login();
      await shop.connect(issued);
      await shop.connect(issued);
      expect(await refusal(shop.connect(issued))).toBe('53300');
      const { rows } = await shop.owner.query(
        'SELECT extract(epoch FROM rolvaliduntil) * 1000 AS until FROM pg_roles WHERE rolname = $1',
        [lease.outsideName],
      );
      expect(Number(rows[0].until)).toBeCloseTo(lease.expiresAt, 0);
    });

    it('stores a verifier the server accepts, and no password', async () => {
      const { issued, lease } = await shop.login();
      const { rows } = await shop.owner.query(
        'SELECT rolpassword FROM pg_authid WHERE rolname = $1',
        [lease.outsideName],
      );
      expect(rows[0].rolpassword).toMatch(/^SCRAM-SHA-256\$4096:/);
      expect(rows[0].rolpassword).not.toContain(issued.secret.reveal());
    });

    it('replaces the password when the same lease is issued again', async () => {
      const { request, issued } = await shop.login();
      const again = await shop.provider.issue(request);
      expect(again.secret.reveal()).not.toBe(issued.secret.reveal());
      expect(await refusal(shop.connect(issued))).toBe('28P01');
      await shop.connect(again);
    });

    it('writes by the same recipe', async () => {
      const { client } = await shop.login('write');
      await client.query('INSERT INTO orders (customer) VALUES (1)');
      await client.query('UPDATE orders SET total = 2 WHERE id = 1');
      await client.query('DELETE FROM orders WHERE id = 2');
      expect(await refusal(client.query('TRUNCATE orders'))).toBe('42501');
      expect(await refusal(client.query("SELECT setval('orders_id_seq', 1)"))).toBe('42501');
    });

    it('grants a whole schema, views included, and nothing beside it', async () => {
      const { client, issued } = await shop.login('stock');
      expect(issued.info).toEqual({
        columns: { 'stock.items': ['id', 'amount'], 'stock.low': ['id'] },
      });
      await client.query('SELECT * FROM low');
      await client.query('SELECT * FROM stock.items');
      expect(await refusal(client.query('SELECT * FROM public.orders'))).toBe('42501');
    });

    it('narrows and widens the group when the scope changes, back and forth', async () => {
      const grant = (tables: string[]) =>
        scope('moving', 'read', { grant: [{ privileges: ['SELECT'], tables }] });
      const orders = grant(['public.orders']);
      const customers = grant(['public.customers']);
      const other = shop.anotherBroker();
      const first = await shop.login(orders);
      await first.client.query('SELECT FROM public.orders');
      await other.issue(shop.request(customers));
      expect(await refusal(first.client.query('SELECT FROM public.orders'))).toBe('42501');
      await first.client.query('SELECT FROM public.customers');
      // The first broker still remembers the group as it was: it must look, not trust its memory.
      const second = await shop.login(orders);
      await second.client.query('SELECT FROM public.orders');
      expect(await refusal(second.client.query('SELECT FROM public.customers'))).toBe('42501');
      await other.close();
    });

    it('takes away what somebody else granted to the group, or refuses', async () => {
      const drifting = scope('drifting', 'read', {
        grant: [{ privileges: ['SELECT'], tables: ['public.orders'] }],
      });
      const [group = ''] = shop.provider
        .plan(shop.request(drifting))
        .flatMap((line) => /TO ("cs_\w+_g_\w+")$/.exec(line)?.[1] ?? []);
      await shop.provider.issue(shop.request(drifting));
      await shop.owner.query(
        `SET ROLE ${shop.admin}; GRANT INSERT ON orders TO ${group}; RESET ROLE`,
      );
      const other = shop.anotherBroker();
      await other.issue(shop.request(drifting));
      const held = await shop.owner.query(
        `SELECT has_table_privilege('${group.replaceAll('"', '')}', 'orders', 'INSERT') AS may`,
      );
      expect(held.rows).toEqual([{ may: false }]);
      await shop.owner.query(`GRANT SELECT ON secrets TO ${group}`);
      const third = shop.anotherBroker();
      await expect(third.issue(shop.request(drifting))).rejects.toMatchObject({
        code: 'provider_misconfigured',
        detail: expect.stringContaining('REVOKE SELECT ON TABLE "public"."secrets"') as string,
      });
      await other.close();
      await third.close();
    });

    it('says what a scope names that is not there', async () => {
      const wrong = scope('wrong', 'read', {
        grant: [
          { privileges: ['SELECT'], tables: ['public.nothing'] },
          { privileges: ['SELECT'], tables: ['public.orders'], columns: ['colour'] },
        ],
      });
      await expect(shop.provider.issue(shop.request(wrong))).rejects.toMatchObject({
        code: 'provider_misconfigured',
        detail: expect.stringMatching(/public\.nothing does not exist.*no column colour/) as string,
      });
    });

    it('is safe when two brokers issue twenty at once, on a group that is not there yet', async () => {
      const fresh = scope('fresh', 'read', {
        grant: [{ privileges: ['SELECT'], schema: 'stock' }],
      });
      const brokers = [shop.anotherBroker(), shop.anotherBroker()];
      const requests = Array.from({ length: 20 }, () => shop.request(fresh));
      const issued = await Promise.all(
        requests.map((request, n) => brokers[n % 2]?.issue(request)),
      );
      expect(new Set(issued.map((one) => one?.credential['username'])).size).toBe(20);
      const owned = await shop.owned();
      for (const { lease } of requests) expect(owned).toContain(lease.outsideName);
      const last = issued[19];
      if (last) await (await shop.connect(last)).query('SELECT * FROM items');
      await Promise.all(brokers.map((broker) => broker.close()));
    });

    it('moves the end of a lease, and only that', async () => {
      const { request, lease } = await shop.login();
      const expiresAt = lease.expiresAt + 60_000;
      await shop.provider.renew({ ...request, lease: { ...lease, expiresAt } });
      const { rows } = await shop.owner.query(
        'SELECT extract(epoch FROM rolvaliduntil) * 1000 AS until, rolcanlogin FROM pg_roles WHERE rolname = $1',
        [lease.outsideName],
      );
      expect(Number(rows[0].until)).toBeCloseTo(expiresAt, 0);
      const gone = { ...request, lease: newLease(shop.installation) };
      await expect(shop.provider.renew(gone)).rejects.toMatchObject({ code: 'provider_rejected' });
    });

    it('lists its own roles and nobody else’s', async () => {
      const { lease } = await shop.login();
      await shop.owner.query(`CREATE ROLE ${lease.outsideName}_x`);
      const owned = await shop.owned();
      // Page by page it is the same list: every name once.
      expect(await shop.owned(1)).toEqual(owned);
      expect(owned).toContain(lease.outsideName);
      expect(owned.every((name) => /^cs_[0-9a-f]{8}_[0-9a-z]{26}$/.test(name))).toBe(true);
    });

    it('follows a new root credential', async () => {
      await shop.owner.query(`ALTER ROLE ${shop.admin} PASSWORD 'changed'`);
      const request = shop.request();
      const wrong = { ...request.root, generation: 99 };
      const other = shop.anotherBroker();
      await expect(other.issue({ ...request, root: wrong })).rejects.toMatchObject({
        code: 'provider_misconfigured',
        detail: expect.not.stringContaining(shop.adminPassword) as string,
      });
      await other.close();
      await shop.owner.query(`ALTER ROLE ${shop.admin} PASSWORD '${shop.adminPassword}'`);
      shop.generation++;
      await shop.provider.issue(shop.request());
    });
  });
});
