import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { queryOnce, type TestServer, testServer } from './postgres.ts';

/** A database with orders and customers, hardened, and an admin that the broker gets as its secret. */
export interface ShopDatabase {
  readonly database: string;
  readonly adminUrl: string;
  readonly adminRole: string;
  asSuperuser<T extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<T[]>;
  /** Roles at the server that carry an installation's marker, groups aside. */
  leaseRoles(installation: string): Promise<string[]>;
}

/** @param at a major version of the shared servers, or a server of the test's own */
export async function createShop(at: 14 | 18 | TestServer = 18): Promise<ShopDatabase> {
  const server = typeof at === 'number' ? await testServer(at) : at;
  const database = await server.createDatabase('shop');
  const adminRole = `shop_admin_${randomBytes(5).toString('hex')}`;
  const run = <T extends pg.QueryResultRow>(sql: string, values?: unknown[]) =>
    queryOnce<T>(server.url(database), sql, values);
  await run(`
    create table orders (id serial primary key, customer int not null, total numeric not null default 1);
    create table customers (id int primary key, email text not null, country text not null);
    insert into customers select n, 'c' || n || '@example.com', 'DE' from generate_series(1, 50) n;
    insert into orders (customer) select n % 50 + 1 from generate_series(1, 500) n;
    create role ${adminRole} login createrole password 'admin';
    grant connect on database ${database} to ${adminRole} with grant option;
    grant usage on schema public to ${adminRole} with grant option;
    grant select, insert, update, delete on orders, customers to ${adminRole} with grant option;
    grant pg_signal_backend to ${adminRole};`);
  return {
    database,
    adminRole,
    adminUrl: server.url(database, adminRole, 'admin'),
    asSuperuser: run,
    leaseRoles: async (installation) => {
      const rows = await run<{ rolname: string }>(
        `select rolname from pg_roles where rolname like $1 and rolcanlogin`,
        [`cs\\_${installation}\\_%`],
      );
      return rows.map((row) => row.rolname);
    },
  };
}
