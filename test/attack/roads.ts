/** Ways to change something, one of each kind; what a kind knows of variants, the provider's tests play. */
export const ROADS: readonly (readonly [name: string, sql: string])[] = [
  ['DML', 'insert into orders (customer) values (1)'],
  ['a CTE that writes', 'with gone as (delete from orders returning *) select * from gone'],
  ['EXPLAIN ANALYZE', "explain analyze update customers set country = 'XX'"],
  ['row locks', 'select * from orders for update'],
  ['table locks', 'lock table orders in access exclusive mode'],
  [
    'a cursor',
    'declare c cursor for select * from orders; update orders set total = 0 where current of c',
  ],
  ['a prepared statement', 'prepare p as delete from orders; execute p'],
  ['a code block', "do $$ begin execute 'truncate ' || 'orders'; end $$"],
  ['SQL from a string', "select query_to_xml('delete from orders', true, true, '')"],
  ['a file', "copy orders from '/etc/hostname'"],
  ['a program', "copy orders to program 'true'"],
  ['COPY of a query', 'copy (delete from orders returning *) to stdout'],
  ['the next number', "select nextval('orders_id_seq')"],
  ['a set number', "select setval('orders_id_seq', 1)"],
  ['TRUNCATE', 'truncate orders'],
  ['DROP', 'drop table orders'],
  ['ALTER', 'alter table orders add column x int'],
  ['an index', 'create index on orders (total)'],
  [
    'a trigger',
    'create trigger t before insert on orders execute function suppress_redundant_updates_trigger()',
  ],
  ['a rule', 'create rule r as on select to orders do instead nothing'],
  ['a policy', 'alter table orders enable row level security'],
  ['statistics', 'create statistics s on id, customer from orders'],
  ['a comment', "comment on table orders is 'mine'"],
  ['a schema', 'create schema mine'],
  ['a table', 'create table public.mine (id int)'],
  ['a function', "create function public.f() returns int language sql as 'select 1'"],
  ['an extension', 'create extension dblink'],
  ['a foreign server', 'create foreign data wrapper w'],
  ['a publication', 'create publication p for table orders'],
  ['the database', 'alter database postgres set search_path = mine'],
  ['the server', "alter system set log_statement = 'all'"],
  [
    'other sessions',
    "select pg_terminate_backend(pid) from pg_stat_activity where usename ~ '^shop_admin'",
  ],
  ['a file of the server', "select pg_read_file('PG_VERSION')"],
  ['a role', 'create role mine'],
  [
    'a grant',
    "grant select on orders to public; do $$ begin if not has_table_privilege('pg_monitor', 'orders', 'select') then raise insufficient_privilege; end if; end $$",
  ],
  ['the catalog', "update pg_class set relname = 'mine' where relname = 'orders'"],
];

/** Everything in the database that a login could have changed. */
export const FINGERPRINT = `select jsonb_build_object(
  'orders', (select md5(string_agg(o::text, '|' order by id)) from orders o),
  'customers', (select md5(string_agg(c::text, '|' order by id)) from customers c),
  'sequence', (select last_value || ':' || is_called from orders_id_seq),
  'schemas', (select jsonb_agg(n::text order by oid) from pg_namespace n where nspname !~ '^pg_(toast_)?temp'),
  'relations', (select md5(string_agg(concat_ws(',', c.oid, relname, relkind, relowner, relfilenode,
     relhasrules, relhastriggers, relrowsecurity, array(select x.privilege_type || x.grantee || x.grantor from aclexplode(relacl) x order by 1)), '|' order by c.oid))
     from pg_class c join pg_namespace n on n.oid = relnamespace where nspname !~ '^pg_(toast|temp)'),
  'columns', (select md5(string_agg(a::text, '|' order by attrelid, attnum)) from pg_attribute a
     where attrelid in ('orders'::regclass, 'customers'::regclass)),
  'routines', (select count(*) from pg_proc), 'types', (select count(*) from pg_type t
     join pg_namespace n on n.oid = typnamespace where nspname !~ '^pg_(toast|temp)'),
  'comments', (select count(*) from pg_description), 'triggers', (select count(*) from pg_trigger),
  'statistics', (select count(*) from pg_statistic_ext), 'publications', (select count(*) from pg_publication),
  'extensions', (select count(*) from pg_extension), 'large objects', (select count(*) from pg_largeobject_metadata)
) as now`;
