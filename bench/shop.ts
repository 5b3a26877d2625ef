import { randomBytes } from 'node:crypto';
import type { Database } from './database.ts';

export const SHOP = 'shop';
const ADMIN = 'shop_admin';

/** A small database to open logins on, and the URL of its admin: CREATEROLE, not superuser. */
export async function makeShop(server: Database): Promise<string> {
  const password = randomBytes(16).toString('hex');
  await server.run(
    'postgres',
    `create role ${ADMIN} login createrole password '${password}'`,
    `grant pg_signal_backend to ${ADMIN}`,
    `create database ${SHOP} owner ${ADMIN}`,
  );
  await server.run(
    SHOP,
    `set role ${ADMIN}`,
    'create table public.orders (id bigint primary key, country text not null, total numeric not null)',
    `insert into public.orders select n, 'DE', n % 500 from generate_series(1, 10000) n`,
  );
  return server.url(SHOP, ADMIN, password);
}
