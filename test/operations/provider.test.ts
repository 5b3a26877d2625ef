import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { classifySql } from '../../src/classify/sql/classify.ts';
import type {
  BlastRadius,
  Countable,
  ExactStatement,
  Parameter,
} from '../../src/domain/operation.ts';
import type { ExecuteRequest, Execution } from '../../src/ports/provider.ts';
import { type Lease, newLease, scope, Shop } from '../providers/shop.ts';
import { availableMajors } from '../support/postgres.ts';

const TABLES = `
CREATE TABLE lines (id serial PRIMARY KEY, order_id int REFERENCES orders ON DELETE CASCADE);
CREATE TABLE notes (id serial PRIMARY KEY, line_id int REFERENCES lines ON DELETE SET NULL ON UPDATE CASCADE);
INSERT INTO lines (order_id) SELECT id FROM orders, generate_series(1, 2);
INSERT INTO notes (line_id) SELECT id FROM lines WHERE id % 2 = 0;
CREATE TABLE people (id int PRIMARY KEY, boss int REFERENCES people ON DELETE CASCADE);
INSERT INTO people VALUES (1, NULL), (2, 1), (3, 2);
CREATE TABLE watched (id int PRIMARY KEY, n int);
CREATE TABLE journal (id serial, what text);
INSERT INTO watched SELECT n, n FROM generate_series(1, 10) n;
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
  BEGIN INSERT INTO journal (what) VALUES (TG_OP); RETURN NULL; END $$;
CREATE TRIGGER keeps AFTER UPDATE OR DELETE ON watched FOR EACH ROW EXECUTE FUNCTION keep();
CREATE TABLE sneaky (id int PRIMARY KEY, n int);
INSERT INTO sneaky SELECT n, n FROM generate_series(1, 10) n;
CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
  BEGIN DELETE FROM journal; RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER at_commit AFTER UPDATE ON sneaky DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION late();
CREATE TABLE parts (id int, n int, PRIMARY KEY (id)) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (10) TO (20);
INSERT INTO parts SELECT n, n FROM generate_series(1, 19) n;
CREATE TABLE guarded (id int);
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
CREATE VIEW shown AS SELECT * FROM watched;
CREATE TABLE mother (id int); CREATE TABLE child () INHERITS (mother);
CREATE TYPE mood AS ENUM ('well', 'ill');
CREATE DOMAIN positive AS int CHECK (value > 0);
CREATE TABLE typed (id int PRIMARY KEY, m mood, p positive, tags text[]);
INSERT INTO typed VALUES (1, 'well', 1, '{a}'), (2, 'ill', 2, '{b}');
CREATE TABLE quiet (id int);
INSERT INTO quiet SELECT 1 FROM generate_series(1, 5);`;

const ALL = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];
const TOUCHED = [
  'orders',
  'lines',
  'people',
  'watched',
  'sneaky',
  'parts',
  'guarded',
  'shown',
  'mother',
  'typed',
].map((name) => `public.${name}`);
const CHANGE = scope('change', 'write', { grant: [{ privileges: ALL, tables: TOUCHED }] });
const KEPT = scope('kept', 'write', {
  grant: [{ privileges: ALL, tables: ['public.watched'] }],
  trigger_tables: ['public.journal'],
});

describe.each([14, 18] as const)('operations on PostgreSQL %i', (major) => {
  describe.skipIf(!availableMajors().includes(major))('', () => {
    let shop: Shop;
    const made: Lease[] = [];
    beforeAll(async () => {
      shop = await Shop.open(major);
      await shop.owner.query(TABLES);
      await shop.owner.query(
        `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${shop.admin} WITH GRANT OPTION;
         GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO ${shop.admin} WITH GRANT OPTION`,
      );
    });
    afterAll(() => shop.close());

    const own = (of = CHANGE) => {
      const { lease, ...request } = shop.request(of, newLease(shop.installation, 60));
      made.push(lease);
      return { ...request, lease, made: async () => undefined };
    };

    async function countableOf(sql: string, params: Parameter[]): Promise<Countable> {
      const answer = await classifySql(sql, params);
      if (!('understood' in answer) || !answer.understood.countable)
        throw new Error('not countable');
      return answer.understood.countable;
    }

    async function measure(
      sql: string,
      params: Parameter[] = [],
      of = CHANGE,
    ): Promise<BlastRadius> {
      const request = { ...own(of), countables: [await countableOf(sql, params)] };
      return shop.provider.measure(request);
    }

    async function execute(
      statements: readonly ExactStatement[],
      wanted: Partial<ExecuteRequest> = {},
      of = CHANGE,
    ): Promise<Execution & { told: Parameters<ExecuteRequest['committing']>[0][] }> {
      const told: Parameters<ExecuteRequest['committing']>[0][] = [];
      const request = {
        ...own(of),
        statements,
        readOnly: false,
        bounds: 'unbounded' as const,
        limits: { rows: 100, bytes: 10_000 },
        committing: async (about: (typeof told)[number]) => void told.push(about),
        ...wanted,
      };
      return { ...(await shop.provider.execute(request)), told };
    }

    const number = async (sql: string) => Number((await shop.owner.query(sql)).rows[0]?.n);

    it('counts rows and what foreign keys take with them, and changes nothing', async () => {
      const before = await number('SELECT count(*) AS n FROM lines');
      const radius = await measure(
        'delete from orders where id <= $1 and customer is not null',
        [10],
      );
      expect(radius).toEqual({
        rows: 10,
        bounds: {
          'public.orders': [0, 10],
          'public.lines': [0, 20],
          'public.notes': [0, 10],
        },
        cascades: [
          { table: 'public.lines', action: 'delete', rows: 20 },
          { table: 'public.notes', action: 'update', rows: 10 },
        ],
        triggers: [],
        backup: null,
      });
      expect(await number('SELECT count(*) AS n FROM lines')).toBe(before);
    });

    it('follows keys that change, and only those', async () => {
      const radius = await measure('update lines set id = id + 100000 where id = 2');
      expect(radius.bounds).toEqual({ 'public.lines': [0, 1], 'public.notes': [0, 1] });
      const other = await measure('update lines set order_id = 1 where id = 2');
      expect(other.bounds).toEqual({ 'public.lines': [0, 1] });
    });

    it.each([
      ['update watched set n = 0 where id in (1, 2)', 2, { 'public.watched': [0, 2] }],
      ['delete from parts where id > 5', 14, { 'public.parts': [0, 14] }],
      ["update typed set p = 3 where m = 'ill' or tags = '{a}'", 2, { 'public.typed': [0, 2] }],
      ['insert into watched values (100, 1), (101, 2)', 2, { 'public.watched': [0, 2] }],
      [
        'insert into orders (customer) values (1) on conflict do nothing',
        1,
        { 'public.orders': [0, 1] },
      ],
    ])('%s: %s rows', async (sql, rows, bounds) => {
      const radius = await measure(sql);
      expect([radius.rows ?? undefined, radius.bounds]).toEqual([rows, bounds]);
    });

    it('names triggers, and lets them write where the scope says so', async () => {
      const radius = await measure('delete from watched where id < 4', [], KEPT);
      expect(radius.triggers).toEqual(['public.watched.keeps']);
      expect(radius.bounds).toEqual({ 'public.watched': [0, 3], 'public.journal': [0, 3] });
    });

    it.each([
      ['delete from people where id = 1', /circle/],
      ['delete from guarded where id = 1', /row security/],
      ['delete from shown where id = 1', /no table/],
      ['delete from mother where id = 1', /inherit/],
      ['delete from parts_1 where id = 1', /partition/],
      ['delete from secrets where id = 1', /permission denied/],
      ['delete from elsewhere where id = 1', /no table elsewhere/],
      ['insert into lines values (1) on conflict (id) do update set id = 2', /other tables/],
      ['update typed set id = 3 where p = 1', /no plain column/],
      ['update typed set id = 3 where typed is null', /no plain column/],
      ["update watched set n = 1 where id = 'x'", /SQLSTATE 22P02/],
      ['update watched set n = 1 where 1 / (id - 1) = 5', /SQLSTATE 22012/],
    ])('does not know: %s', async (sql, why) => {
      const radius = await measure(sql);
      expect(radius.rows).toBeNull();
      expect(radius.bounds).toEqual({});
      expect(radius.why).toMatch(why);
    });

    it('gives up on a count that takes too long or meets a lock', async () => {
      const blocker = await shop.owner.connect();
      await blocker.query('BEGIN; LOCK TABLE typed');
      expect((await measure('delete from typed where id = 1')).why).toMatch(/55P03/);
      await blocker.query('ROLLBACK');
      blocker.release();
    });

    it('runs exactly what it was given, and answers once with what came back', async () => {
      const sql =
        "UPDATE watched /* $9 */ SET n = $2::int + 1 WHERE id = $1 RETURNING id, n, 'é' AS t, null AS z";
      const { told, ...execution } = await execute([{ sql, params: [1, '41'] }], {
        bounds: { 'public.watched': [0, 1], 'public.journal': [0, 1] },
      });
      expect(execution).toEqual({
        kind: 'committed',
        counts: { 'public.watched': 1, 'public.journal': 1 },
      });
      expect(told).toHaveLength(1);
      expect(told[0]?.results).toEqual([
        {
          columns: [
            { name: 'id', type: 'integer' },
            { name: 'n', type: 'integer' },
            { name: 't', type: 'text' },
            { name: 'z', type: 'text' },
          ],
          rows: [['1', '42', 'é', null]],
          rowCount: 1,
        },
      ]);
      expect(await number('SELECT n FROM watched WHERE id = 1')).toBe(42);
      const about = {
        ...shop.reach(),
        lease: own().lease,
        transaction: told[0]?.transaction ?? '',
      };
      expect(await shop.provider.outcomeOf(about)).toBe('committed');
    });

    it('takes everything back when a table goes beyond its bounds, whoever changed it', async () => {
      const before = await number('SELECT count(*) AS n FROM journal');
      for (const [statement, bounds] of [
        [
          'delete from watched where id > 8',
          { 'public.watched': [0, 1], 'public.journal': [0, 9] },
        ],
        ['delete from watched where id > 8', { 'public.watched': [0, 9] }],
        ['delete from orders where id = 50', { 'public.orders': [0, 1], 'public.lines': [0, 1] }],
        ['delete from watched where id = 999', { 'public.watched': [1, 1] }],
      ] as const) {
        const done = await execute([{ sql: statement, params: [] }], { bounds });
        expect(done.kind, statement).toBe('rolled_back');
        expect(done.told).toEqual([]);
      }
      expect(await number('SELECT count(*) AS n FROM watched WHERE id > 8')).toBe(2);
      expect(await number('SELECT count(*) AS n FROM orders WHERE id = 50')).toBe(1);
      expect(await number('SELECT count(*) AS n FROM journal')).toBe(before);
    });

    it('counts what was put off to the end of the transaction', async () => {
      await shop.owner.query("INSERT INTO journal (what) VALUES ('x')");
      const before = await number('SELECT count(*) AS n FROM journal');
      const done = await execute([{ sql: 'update sneaky set n = 1 where id = 1', params: [] }], {
        bounds: { 'public.sneaky': [0, 1] },
      });
      expect(done).toMatchObject({ kind: 'rolled_back', reason: expect.stringMatching(/journal/) });
      expect(await number('SELECT count(*) AS n FROM journal')).toBe(before);
    });

    it('counts partitions for their table', async () => {
      const done = await execute(
        [{ sql: 'update parts set n = 0 where id in (1, 19)', params: [] }],
        {
          bounds: { 'public.parts': [2, 2] },
        },
      );
      expect(done).toMatchObject({ kind: 'committed', counts: { 'public.parts': 2 } });
    });

    it('does all statements or none, each with the rows it was to meet', async () => {
      const one = { sql: 'update watched set n = n + 1 where id = $1', params: [2], rows: 1 };
      const before = await number('SELECT n FROM watched WHERE id = 2');
      const wrong = await execute([one, { ...one, params: [12345] }]);
      expect(wrong).toMatchObject({
        kind: 'rolled_back',
        reason: expect.stringMatching(/Statement 2/),
      });
      expect(await number('SELECT n FROM watched WHERE id = 2')).toBe(before);
      expect((await execute([one, one])).kind).toBe('committed');
      expect(await number('SELECT n FROM watched WHERE id = 2')).toBe(before + 2);
    });

    it.each([
      ['two statements', 'select 1; select 2', /42601/],
      ['a table outside its scope', 'select * from quiet', /permission denied/],
      ['another role', 'set role postgres', undefined],
      ['a value of another type', "update watched set n = 'x' where id = 1", /SQLSTATE 22P02\)\.$/],
      ['too many rows', 'select * from generate_series(1, 100000)', /more than 100 rows/],
      ['too many bytes', "select repeat('x', 20000)", /10000 bytes/],
      ['a breach of a constraint', 'insert into watched values (1, 1)', /23505/],
    ])('says why the server refused: %s', async (_what, sql, reason) => {
      const done = await execute([{ sql, params: [] }]);
      if (reason === undefined) expect(done.kind).toBe('failed');
      else expect(done).toMatchObject({ kind: 'failed', reason: expect.stringMatching(reason) });
      expect(done.told).toEqual([]);
    });

    it('only reads in a transaction that only reads', async () => {
      const done = await execute([{ sql: 'delete from watched where id = 3', params: [] }], {
        readOnly: true,
      });
      expect(done).toMatchObject({ kind: 'failed', reason: expect.stringMatching(/25006/) });
      const read = await execute([{ sql: 'select n from watched where id = $1', params: [3] }], {
        readOnly: true,
      });
      expect(read.kind).toBe('committed');
      expect(read.told[0]?.transaction).toBeUndefined();
    });

    it('does nothing when the record could not be made, or the lease was ended', async () => {
      const statements = [{ sql: 'delete from watched where id = 5', params: [] }];
      const refuse = async () => {
        throw new Error('the store is away');
      };
      await expect(execute(statements, { committing: refuse })).rejects.toThrow();
      await expect(execute(statements, { made: refuse })).rejects.toThrow();
      expect(await number('SELECT count(*) AS n FROM watched WHERE id = 5')).toBe(1);
    });

    it('ends with its role', async () => {
      let resolve = () => {};
      const reached = new Promise<void>((done) => {
        resolve = done;
      });
      const request = {
        ...own(),
        statements: [{ sql: 'delete from watched where id = 6', params: [] }],
        readOnly: false,
        bounds: 'unbounded' as const,
        limits: { rows: 1, bytes: 1 },
        committing: async () => {
          resolve();
          await shop.revoke(request.lease);
        },
      };
      const running = shop.provider.execute(request).catch((error: unknown) => error);
      await reached;
      expect(await running).toMatchObject({ code: 'provider_unavailable' });
      expect(await number('SELECT count(*) AS n FROM watched WHERE id = 6')).toBe(1);
    });

    it('tells what became of a transaction', async () => {
      const client = await shop.owner.connect();
      await client.query('BEGIN');
      const { rows } = await client.query('SELECT pg_current_xact_id()::text AS id');
      const about = { ...shop.reach(), lease: own().lease, transaction: String(rows[0]?.id) };
      expect(await shop.provider.outcomeOf(about)).toBe('running');
      await client.query('ROLLBACK');
      client.release();
      expect(await shop.provider.outcomeOf(about)).toBe('aborted');
      expect(await shop.provider.outcomeOf({ ...about, transaction: '3' })).toBe('unknown');
      const future = { ...about, transaction: '99999999999' };
      expect(await shop.provider.outcomeOf(future)).toBe('unknown');
      const elsewhere = { ...about, lease: { ...about.lease, server: 'elsewhere:1/x' } };
      await expect(shop.provider.outcomeOf(elsewhere)).rejects.toMatchObject({
        code: 'provider_misconfigured',
      });
    });

    it('leaves no role behind', async () => {
      await Promise.all(made.map((lease) => shop.revoke(lease)));
      const left = [];
      for (const { outsideName } of made) {
        if (await shop.roleExists(outsideName)) left.push(outsideName);
      }
      expect(left).toEqual([]);
    });
  });
});
