import { describe, expect, it } from 'vitest';
import { classifySql } from '../../src/classify/sql/classify.ts';

async function understood(sql: string, params: (string | number)[] = []) {
  const answer = await classifySql(sql, params);
  if ('problem' in answer) throw new Error(answer.problem);
  return answer.understood;
}

describe('what a statement can do', () => {
  it.each([
    ['read', 'select 1'],
    ['read', 'select id, lower(email) from customers where id = $1 -- by key'],
    ['read', 'table orders'],
    ['read', 'values (1), (2)'],
    [
      'read',
      'with x as (select * from orders) select count(*) from x group by id having count(*) > 1',
    ],
    [
      'read',
      'select pg_catalog.now(), current_date, a::int, cast(b as numeric(10,2)) from t union select 1,2,3,4',
    ],
    [
      'read',
      "select * from (values (1)) v(a) join lateral unnest(array[1,2]) u on true where a in (1,2) and b ilike 'x'",
    ],
    ['read', 'select sum(a) filter (where b > 1) over (partition by c order by d) from t'],
    ['write', 'select * from orders for update'],
    ['write', 'select * from orders where id = 1 for no key update skip locked'],
    ['write', 'insert into orders values (1)'],
    [
      'write',
      'insert into orders (id) values (1) on conflict (id) do update set total = excluded.total',
    ],
    ['write', 'update orders set total = 1 where id = 1'],
    [
      'write',
      'update only public.orders o set (a, b) = (1, default) where o.id = any($1::int[]) returning *',
    ],
    ['write', 'delete from orders where id = 1'],
    ['write', 'delete from orders where id in (select id from gone)'],
    ['write', 'with gone as (delete from orders where id = 1 returning *) select * from gone'],
    [
      'write',
      'merge into a using b on a.id = b.id when matched then update set x = 1 when not matched then insert values (1)',
    ],
    ['destroy', 'update orders set total = 1'],
    ['destroy', 'delete from orders'],
    ['destroy', 'delete from orders where true'],
    ['destroy', 'delete from orders where 1 = $1'],
    ['destroy', 'with gone as (delete from orders) select 1'],
    ['destroy', 'delete from pg_catalog.pg_class where relname = $1'],
    ['destroy', 'delete from pg_class where relname = $1'],
    ['destroy', 'delete from elsewhere.public.orders where id = 1'],
    ['destroy', 'select a into copy from orders'],
    ['destroy', 'create table copy as select * from orders'],
    ['destroy', 'truncate orders'],
    ['destroy', 'drop table orders'],
    ['destroy', 'alter table orders add column x int'],
    ['destroy', 'create index on orders (id)'],
    ['destroy', 'grant select on orders to public'],
    ['destroy', 'explain select 1'],
    ['destroy', 'explain analyze delete from orders where id = 1'],
    ['destroy', "copy orders to program 'sh'"],
    ['destroy', 'copy orders from stdin'],
    ['destroy', 'copy (delete from orders returning *) to stdout'],
    ['destroy', 'do $$ begin delete from orders; end $$'],
    ['destroy', 'call anything()'],
    ['destroy', 'set role postgres'],
    ['destroy', 'set statement_timeout = 0'],
    ['destroy', 'reset all'],
    ['destroy', 'discard all'],
    ['destroy', 'show all'],
    ['destroy', 'begin'],
    ['destroy', 'commit'],
    ['destroy', 'rollback'],
    ['destroy', 'savepoint x'],
    ['destroy', "prepare transaction 'x'"],
    ['destroy', 'prepare p as delete from orders'],
    ['destroy', 'execute p'],
    ['destroy', 'deallocate all'],
    ['destroy', 'declare c cursor for select 1'],
    ['destroy', 'fetch all from c'],
    ['destroy', 'delete from orders where current of c'],
    ['destroy', 'listen x'],
    ['destroy', "notify x, 'y'"],
    ['destroy', 'lock table orders'],
    ['destroy', 'vacuum orders'],
    ['destroy', 'analyze orders'],
    ['destroy', 'refresh materialized view v'],
    ['destroy', "load 'x'"],
    ['destroy', "security label on role x is 'y'"],
    ['destroy', 'set constraints all deferred'],
    ['destroy', 'select archive(id) from orders'],
    ['destroy', 'select public.lower(id) from orders'],
    ['destroy', "select set_config('role', 'postgres', false)"],
    ['destroy', "select nextval('orders_id_seq')"],
    ['destroy', "select setval('orders_id_seq', 1)"],
    ['destroy', 'select pg_sleep(10)'],
    ['destroy', "select pg_read_file('/etc/passwd')"],
    ['destroy', "select query_to_xml('delete from orders', true, true, '')"],
    ['destroy', "select dblink_exec('x', 'y')"],
    ['destroy', 'select pg_advisory_lock(1)'],
    ['destroy', "select pg_notify('x', 'y')"],
    ['destroy', 'select lo_create(0)'],
    ['destroy', "select ts_stat('select 1')"],
    ['destroy', 'select * from pg_stat_file(1)'],
    ['destroy', 'select random()'],
    ['destroy', 'select 1 where 1 operator(public.=) 1'],
    ['destroy', 'select a @@@ b from t'],
    ['destroy', 'select * from t order by a using operator(public.<)'],
    ['destroy', 'select a = operator(public.=) any (array[1]) from t'],
    ['destroy', "select 'x'::public.evil"],
    ['destroy', "select evil 'x'"],
    ['destroy', 'select * from t tablesample evil (1)'],
    ['destroy', 'update orders set total = nextval($1) where id = 1'],
    ['destroy', 'update orders set total = 1 where id = 1 returning evil(id)'],
    ['destroy', 'insert into orders values (evil())'],
    ['destroy', 'insert into orders values (1) on conflict (id) do update set total = evil()'],
    ['destroy', 'select (select evil())'],
    ['destroy', 'select * from (select * from (select evil()) a) b'],
    ['destroy', "select xmlparse(document 'x')"],
  ])('%s: %s', async (effect, sql) => {
    const params = [1, 2];
    const answer = await classifySql(sql, params);
    // What the parser refuses is not run at all.
    if ('problem' in answer) expect(effect).toBe('destroy');
    else
      expect([answer.understood.effect, answer.understood.problems.length > 0]).toEqual([
        effect,
        effect === 'destroy',
      ]);
  });

  it.each([
    '',
    ' ',
    '-- nothing',
    'select 1; select 2',
    'select 1; drop table orders',
    'select 1;; delete from orders',
    'select 1\0; drop table orders',
    "select '\ud800'",
    'selec 1',
    "select 'open",
    '$$',
    'select $1$2',
    '('.repeat(30_000),
    `select ${'1+'.repeat(20_000)}1`,
    `select ${'1+'.repeat(2_400)}1`,
    `select ${'not '.repeat(2_000)}true`,
    `select '${'x'.repeat(70_000)}'`,
  ])('has no single reading: %s', async (sql) => {
    expect(await classifySql(sql)).toHaveProperty('problem');
  });

  it('goes on after the worst of inputs', async () => {
    await classifySql(`select ${'('.repeat(4_990)}1`);
    await classifySql(`select ${'1+'.repeat(250)}1`);
    expect((await understood('select 1')).effect).toBe('read');
  });

  it.each([
    ['select 1', true],
    ['select 1 into t', false],
    ['truncate t', false],
    ['commit', false],
    ['explain select 1', false],
    ['delete from t', true],
    ['merge into a using b on true when matched then delete', true],
  ])('%s is run at all: %s', async (sql, runnable) => {
    expect((await understood(sql)).runnable).toBe(runnable);
  });

  it('names tables as they are named, those that are changed first, and what WITH names not at all', async () => {
    const sql =
      'with x as (select * from b) update public.a set n = 1 from x, s."T" where a.id = x.id';
    const { tables, functions } = await understood(sql);
    expect(tables).toEqual(['public.a', 's.T', 'b']);
    expect(functions).toEqual([]);
    expect((await understood('select now(), count(*) from t')).functions).toEqual(['count', 'now']);
  });
});

describe('what can be counted', () => {
  const condition = async (sql: string, params: (string | number)[] = []) => {
    const { countable } = await understood(sql, params);
    return countable && 'condition' in countable ? countable : undefined;
  };

  it('is the very text of the condition, its values numbered anew', async () => {
    const sql =
      "update orders /* where */ as o set note = 'where $9', total = $1 -- where\n" +
      "where o.country = $3 and (note <> 'é where' or id = $2 or id = $3) /* $1 */ returning id";
    expect(await condition(sql, [10, 20, 'DE'])).toEqual({
      kind: 'update',
      table: { name: 'orders' },
      only: false,
      alias: 'o',
      condition: " o.country = $1 and (note <> 'é where' or id = $2 or id = $1)",
      params: ['DE', 20],
      columns: ['country', 'note', 'id'],
      sets: ['note', 'total'],
    });
  });

  it.each([
    ['delete from only public.t where id between 1 and 2;', true],
    ['delete from t where (a, b) in ((1, 2))', true],
    ['delete from t where case when a then b else c end is null', true],
    ['update t set a = 1 where t.b = 1 returning *', true],
    ['delete from t using s where t.a = s.a', false],
    ['update t set a = 1 from s where t.a = s.a', false],
    ['delete from t where a in (select a from s)', false],
    ['delete from t where exists (select 1 from s where s.a = t.a)', false],
    ['update t set a = (select 1) where b = 1', false],
    ['update t set a = 1 where b = 1 returning (select 1)', false],
    ['with x as (select 1) delete from t where a = 1', false],
    ['merge into a using b on a.x = b.x when matched then delete', false],
    ['delete from t where evil(a)', false],
    ['delete from t', false],
    ['delete from t where a = $2', false],
  ])('%s: %s', async (sql, countable) => {
    expect((await condition(sql, [1])) !== undefined).toBe(countable);
  });

  it.each([
    ['insert into t values (1), (2), (3)', 3],
    ['insert into t default values', 1],
    ['insert into t values (1), (2) on conflict do nothing', 2],
    ['insert into t select 1', undefined],
    ['insert into t select * from s', undefined],
    ['insert into t values ((select 1))', undefined],
    ['insert into t values (nextval($1))', undefined],
  ])('%s: %s rows', async (sql, rows) => {
    const { countable } = await understood(sql, [1]);
    expect(countable?.kind === 'insert' ? countable.rows : undefined).toBe(rows);
  });
});
