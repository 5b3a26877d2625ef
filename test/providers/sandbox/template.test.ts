import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TemplateDefinition } from '../../../src/domain/template.ts';
import { availableMajors } from '../../support/postgres.ts';
import { DEFINITION, SandboxGround } from './ground.ts';

describe.each([14, 18] as const)('templates on PostgreSQL %i', (major) => {
  describe.skipIf(!availableMajors().includes(major))('', () => {
    let ground: SandboxGround;
    let built: Awaited<ReturnType<SandboxGround['build']>>;
    beforeAll(async () => {
      ground = await SandboxGround.open(major);
      built = await ground.build();
    });
    afterAll(() => ground.close());

    it('holds every row, and says what was masked and what was left out', async () => {
      expect(built.skipped).toEqual([
        { what: 'policy own on public.orders', why: 'it names roles of the source' },
      ]);
      expect(built).toMatchObject({ tables: 4, rows: 1500 });
      expect(built.masked).toEqual({
        'public.customers.id': 'hash',
        'public.customers.email': 'fake',
        'public.customers.name': 'hash',
        'public.customers.phone': 'null',
        'public.customers.nick': 'null',
        'public.customers.code': 'hash',
        'public.orders.customer': 'hash',
        'public.orders.contact': 'fake',
      });
    });

    it('holds nothing of what is personal', async () => {
      const [row] = await ground.inside<{ dump: string }>(
        built.database,
        `SELECT string_agg(c::text, ' ') || (SELECT string_agg(o::text, ' ') FROM orders o) AS dump FROM customers c`,
      );
      const { rows } = await ground.source.query<{ v: string }>(
        'SELECT email AS v FROM customers UNION ALL SELECT name FROM customers UNION ALL SELECT code::text FROM customers UNION ALL SELECT phone FROM customers',
      );
      expect(rows).toHaveLength(800);
      expect(rows.filter(({ v }) => row?.dump.includes(v))).toEqual([]);
    });

    it('keeps foreign keys, uniqueness, kept columns and odd characters', async () => {
      const [counts] = await ground.inside(
        built.database,
        `SELECT (SELECT count(*)::int FROM orders JOIN customers c ON c.id = customer AND c.email = contact) AS joined,
          (SELECT count(DISTINCT id)::int FROM customers WHERE id > 0) AS ids,
          (SELECT count(*)::int FROM pg_constraint WHERE contype = 'f' AND convalidated) AS keys,
          (SELECT count(*)::int FROM customers WHERE country = 'DE' AND phone IS NULL) AS kept,
          (SELECT count(*)::int FROM orders WHERE note = E'a\\tb') AS odd,
          (SELECT count(*)::int FROM events_2025) AS parts`,
      );
      expect(counts).toEqual({ joined: 1000, ids: 200, keys: 2, kept: 200, odd: 333, parts: 300 });
    });

    it('goes on counting, and has the functions, views, triggers and indexes', async () => {
      const { client } = await ground.login(built.database);
      const made = await client.query(
        'INSERT INTO orders (customer) SELECT min(id) FROM customers RETURNING id',
      );
      expect(made.rows).toEqual([{ id: '1001' }]);
      await client.query('UPDATE orders SET total = 500 WHERE id = 1001');
      const seen = await client.query('SELECT note, twice FROM big_orders WHERE id = 1001');
      expect(seen.rows).toEqual([{ note: 'touched', twice: '1000' }]);
      const sum = await client.query(
        'SELECT total_of(customer) > 0 AS some FROM orders WHERE id = 1001',
      );
      expect(sum.rows).toEqual([{ some: true }]);
      const indexes = await client.query(
        "SELECT indexname FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
      );
      expect(indexes.rows.map((row) => row.indexname)).toEqual(
        expect.arrayContaining(['orders_by_customer', 'events_by_what', 'events_2025_what_idx']),
      );
    });

    it('belongs to a role without login, is closed to everybody, and admits no login of ours', async () => {
      const [facts] = await ground.sandboxes.asSuperuser<Record<string, unknown>>(
        `SELECT datallowconn, pg_get_userbyid(datdba) AS owner,
           EXISTS (SELECT FROM aclexplode(datacl) WHERE grantee <> datdba) AS others
         FROM pg_database WHERE datname = '${built.database}'`,
      );
      expect(facts).toEqual({
        datallowconn: false,
        owner: ground.sandboxes.adminRole,
        others: false,
      });
      const owners = await ground.inside(
        built.database,
        `SELECT DISTINCT rolcanlogin FROM pg_class JOIN pg_roles r ON r.oid = relowner
         WHERE relnamespace = 'public'::regnamespace AND NOT EXISTS
           (SELECT FROM pg_depend e WHERE e.objid = pg_class.oid AND e.deptype = 'e')`,
      );
      expect(owners).toEqual([{ rolcanlogin: false }]);
    });

    it('masks differently each time, and names what is wrong before anything is made', async () => {
      const again = await ground.build();
      const ids = (database: string) =>
        ground.inside<{ ids: string }>(
          database,
          'SELECT string_agg(id::text, chr(44) ORDER BY id) AS ids FROM customers',
        );
      expect(await ids(again.database)).not.toEqual(await ids(built.database));
      await ground.provider.dropTemplate({ ...ground.reach(), template: again });
      await ground.provider.dropTemplate({ ...ground.reach(), template: again });
      expect(await ground.sandboxes.leftovers(ground.installation)).not.toContain(again.database);
    });

    it.each<[string, Partial<TemplateDefinition>, RegExp]>([
      ['an unknown table', { personal: ['public.nobody'] }, /no table public\.nobody/],
      [
        'an unknown column',
        { masking: { 'public.orders': { nothing: 'null' } } },
        /no column nothing/,
      ],
      ['null for NOT NULL', { masking: {} }, /public\.customers\.email is NOT NULL/],
      [
        'a foreign key that is masked otherwise',
        { masking: { ...DEFINITION.masking, 'public.orders': { customer: 'keep' } } },
        /public\.orders\.customer refers to public\.customers\.id/,
      ],
      [
        'a type without that mask',
        { personal: [], masking: { 'public.orders': { total: 'fake' } } },
        /public\.orders\.total is of type numeric/,
      ],
      [
        'a generated column',
        { personal: [], masking: { 'public.orders': { twice: 'null' } } },
        /twice is generated/,
      ],
    ])('refuses %s', async (_name, change, message) => {
      const name = ground.newTemplate();
      await expect(ground.build({ ...DEFINITION, ...change }, name)).rejects.toThrow(message);
      expect(await ground.sandboxes.leftovers(ground.installation)).not.toContain(name);
    });

    it('refuses a source whose rows are hidden from its admin, and leaves out what it may not read', async () => {
      const admin = new URL(ground.sourceUrl).username;
      await ground.source.query(`REVOKE SELECT ON events FROM ${admin}`);
      const name = ground.newTemplate();
      const report = await ground.build(DEFINITION, name);
      expect(report.skipped).toContainEqual({
        what: 'rows of public.events',
        why: "the source's admin may not SELECT from it",
      });
      await ground.source.query(
        `GRANT SELECT ON events TO ${admin}; ALTER TABLE orders ENABLE ROW LEVEL SECURITY`,
      );
      await expect(ground.build(DEFINITION, ground.newTemplate())).rejects.toThrow(
        /Row security of public\.orders/,
      );
      await ground.source.query('ALTER TABLE orders DISABLE ROW LEVEL SECURITY');
      await ground.source.query(`REVOKE SELECT ON customers FROM ${admin}`);
      await expect(ground.build()).rejects.toThrow(
        /public\.orders\.customer refers to public\.customers, which/,
      );
      await ground.source.query(`GRANT SELECT ON customers TO ${admin}`);
    });
  });
});
