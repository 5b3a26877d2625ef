import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { availableMajors } from '../../support/postgres.ts';
import { SandboxGround } from './ground.ts';

describe.each([14, 18] as const)('changes in a sandbox on PostgreSQL %i', (major) => {
  describe.skipIf(!availableMajors().includes(major))('', () => {
    let ground: SandboxGround;
    let template: string;
    beforeAll(async () => {
      ground = await SandboxGround.open(major);
      ({ database: template } = await ground.build());
    });
    afterAll(() => ground.close());

    const compare = (lease: { outsideName: string }, database = template) =>
      ground.provider.changes({ ...ground.reach(), lease, template: { database } });

    it('are none where nothing was done', async () => {
      const { lease } = await ground.login(template);
      expect(await compare(lease)).toEqual({
        schema: { added: [], removed: [], changed: [] },
        tables: [],
        notCompared: [],
        cut: { schemaChanges: 0, tables: 0, notCompared: 0 },
      });
    });

    it('show schema and rows, with counts of what was cut', async () => {
      const { client, lease } = await ground.login(template);
      await client.query(`ALTER TABLE orders ADD COLUMN paid boolean NOT NULL DEFAULT false;
        DROP INDEX orders_by_customer; CREATE TABLE extra (id int PRIMARY KEY);
        DELETE FROM orders WHERE id <= 80; UPDATE orders SET note = 'late' WHERE id = 90;
        INSERT INTO events VALUES (9000, '2025-05-05', E'new\\x1b[31m')`);
      const found = await compare(lease);
      expect(found.schema.added.map(({ kind, name }) => `${kind} ${name}`)).toEqual(
        expect.arrayContaining(['column public.orders.paid', 'table public.extra']),
      );
      expect(found.schema.removed.map(({ name }) => name)).toEqual(['public.orders_by_customer']);
      const orders = found.tables.find(({ table }) => table === 'public.orders');
      expect(orders).toMatchObject({ inserted: 0, updated: 1, deleted: 80, rowsCut: 31 });
      expect(orders?.rows).toHaveLength(50);
      const events = found.tables.find(({ table }) => table === 'public.events_2025');
      expect(events).toMatchObject({
        inserted: 1,
        rows: [
          {
            kind: 'inserted',
            key: { id: '9000', at: '2025-05-05' },
            after: { what: 'new\x1b[31m' },
          },
        ],
      });
    });

    it('say which tables could not be compared', async () => {
      const { client, lease } = await ground.login(template);
      await client.query(`ALTER TABLE orders DROP CONSTRAINT orders_pkey;
        ALTER TABLE stock.items ENABLE ROW LEVEL SECURITY; ALTER TABLE stock.items FORCE ROW LEVEL SECURITY;
        CREATE POLICY none ON stock.items USING (false)`);
      const { notCompared } = await compare(lease);
      expect(notCompared).toEqual([
        { table: 'public.orders', why: 'its primary key is another one now' },
        { table: 'stock.items', why: 'the server refused to read it (42501)' },
      ]);
      await client.query('BEGIN; LOCK TABLE customers');
      await expect(compare(lease)).rejects.toMatchObject({
        code: 'provider_unavailable',
        detail: expect.stringContaining('holds a lock'),
      });
    });

    it('run no code of the agent with more rights than its own, and leave no login behind', async () => {
      const { client, lease } = await ground.login(template);
      const { adminRole, asSuperuser, leftovers } = ground.sandboxes;
      // Whoever reads these tables, casts these values or looks these names up runs what the agent wrote.
      await client
        .query(`CREATE TABLE public.caught (who text, usr text);
        CREATE FUNCTION public.trap() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
          INSERT INTO public.caught VALUES (current_user, session_user);
          BEGIN EXECUTE 'RESET ROLE'; EXECUTE 'SET ROLE ${adminRole}'; EXECUTE 'CREATE ROLE stolen SUPERUSER';
          EXCEPTION WHEN OTHERS THEN NULL; END; RETURN true; END $$;
        CREATE FUNCTION public.trap(mood) RETURNS text LANGUAGE sql AS 'SELECT public.trap()::text';
        CREATE CAST (mood AS text) WITH FUNCTION public.trap(mood) AS IMPLICIT;
        CREATE FUNCTION public.md5(text) RETURNS text LANGUAGE sql AS 'SELECT public.trap()::text';
        CREATE FUNCTION public.format(text, VARIADIC "any") RETURNS text LANGUAGE internal AS 'text_format';
        ALTER TABLE stock.items ENABLE ROW LEVEL SECURITY; ALTER TABLE stock.items FORCE ROW LEVEL SECURITY;
        CREATE POLICY trap ON stock.items USING (public.trap());
        CREATE VIEW stock.seen AS SELECT public.trap();
        ALTER DATABASE ${lease.outsideName} SET search_path = public, pg_catalog`)
        .catch((error: Error) => {
          expect(error.message).toMatch(/must be owner of database|language internal/);
        });
      const before = await leftovers(ground.installation);
      await compare(lease);
      expect(await leftovers(ground.installation)).toEqual(before);
      expect(await asSuperuser("SELECT FROM pg_roles WHERE rolname = 'stolen'")).toEqual([]);
      expect(
        await asSuperuser(`SELECT FROM pg_class WHERE relname = 'caught'`, lease.outsideName),
      ).toEqual([]);
    });

    it('are looked at by one at a time, while others clone the template', async () => {
      const { lease } = await ground.login(template);
      const results = await Promise.allSettled([
        compare(lease),
        compare(lease),
        ground.login(template),
      ]);
      expect(results[2]?.status).toBe('fulfilled');
      const refused = results.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
      expect(refused.every(({ code }) => code === 'provider_throttled')).toBe(true);
      expect(refused.length).toBeLessThan(2);
    });

    it('are of one server: another answers neither for a template nor for its absence', async () => {
      const { lease } = await ground.login(template);
      const elsewhere = { database: template, server: '192.0.2.1:5432/old', serverIdentity: '1' };
      const here = { ...ground.reach(), lease };
      const refusal = { code: 'provider_misconfigured', detail: /another server.*192\.0\.2\.1/ };
      for (const work of [
        ground.provider.changes({ ...here, template: elsewhere }),
        ground.provider.dropTemplate({ ...here, template: elsewhere }),
        ground.provider.dropTemplate({
          ...here,
          template: { ...elsewhere, database: ground.newTemplate() },
        }),
      ]) {
        await expect(work).rejects.toMatchObject({
          code: refusal.code,
          detail: expect.stringMatching(refusal.detail),
        });
      }
      expect(await ground.sandboxes.leftovers(ground.installation)).toContain(template);
    });

    it('go with the template: its twin is dropped too', async () => {
      const again = await ground.build();
      const { lease } = await ground.login(again.database);
      await compare(lease, again.database);
      const twin = again.database.replace('_t_', '_w_');
      expect(await ground.sandboxes.leftovers(ground.installation)).toContain(twin);
      await ground.provider.dropTemplate({ ...ground.reach(), template: again });
      const left = await ground.sandboxes.leftovers(ground.installation);
      expect(left).not.toContain(twin);
      expect(left).not.toContain(again.database);
    });
  });
});
