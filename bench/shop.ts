import { randomBytes } from 'node:crypto';
import type { Database } from './database.ts';

export const SHOP = 'shop';

/** A small database to open logins on, and the URL of its admin: CREATEROLE, not superuser. */
export async function makeShop(server: Database, database = SHOP): Promise<string> {
  const admin = `${database}_admin`;
  const password = randomBytes(16).toString('hex');
  await server.run(
    'postgres',
    `create role ${admin} login createrole password '${password}'`,
    `grant pg_signal_backend to ${admin}`,
    `create database ${database} owner ${admin}`,
  );
  await server.run(
    database,
    `set role ${admin}`,
    'create table public.orders (id bigint primary key, country text not null, total numeric not null)',
    `insert into public.orders select n, 'DE', n % 500 from generate_series(1, 10000) n`,
  );
  return server.url(database, admin, password);
}
