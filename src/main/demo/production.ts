import pg from 'pg';
import { newPassword, startOwnServer } from './own-server.ts';
import { SHOP_SQL } from './shop.ts';
import type { Stage } from './stage.ts';

const DATABASE = 'shop';
/** The broker's login there. */
export const PRODUCTION_ADMIN = 'countersign_admin';
const TABLES = ['customers', 'orders', 'order_items'] as const;

/** The second server: what the agent is after. Never the one that holds the broker's store. */
export interface Production {
  readonly version: string;
  /** Rows of each table. */
  readonly rows: Readonly<Record<(typeof TABLES)[number], number>>;
  /** The broker's root credential there: it can log in and make roles, and nothing else yet. */
  readonly adminUrl: string;
  /** As its superuser, who is neither the broker nor the agent. */
  readonly superuser: pg.Client;
  /** Of every column and every row of its tables, in 32 hex digits. */
  checksum(): Promise<string>;
}

export async function startProduction(stage: Stage): Promise<Production> {
  const server = await startOwnServer(stage, 'production');
  const setup = await server.open('postgres');
  await setup.query(`CREATE DATABASE ${DATABASE} TEMPLATE template0`);
  const superuser = await server.open(DATABASE);
  await superuser.query(SHOP_SQL);
  const adminPassword = newPassword();
  await superuser.query(
    `CREATE ROLE ${PRODUCTION_ADMIN} LOGIN CREATEROLE PASSWORD ${pg.escapeLiteral(adminPassword)}`,
  );
  return {
    adminUrl: server.url(DATABASE, PRODUCTION_ADMIN, adminPassword),
    superuser,
    checksum: () => checksumOf(superuser),
    ...(await look(superuser)),
  };
}

async function look(superuser: pg.Client): Promise<Pick<Production, 'version' | 'rows'>> {
  const { rows } = await superuser.query<{
    version: string;
    customers: number;
    orders: number;
    order_items: number;
  }>(
    `SELECT current_setting('server_version') AS version,
       (SELECT count(*)::int FROM customers) AS customers,
       (SELECT count(*)::int FROM orders) AS orders,
       (SELECT count(*)::int FROM order_items) AS order_items`,
  );
  const [row] = rows;
  if (!row) throw new Error('the shop answers nothing');
  const { version, ...counts } = row;
  return { version, rows: counts };
}

/** The tables there are, their columns and constraints, and all rows in the order of their text. */
const CHECKSUM = `
SELECT md5(concat_ws(E'\\n',
  (SELECT string_agg(format('%s.%s %s %s', attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull), E'\\n'
     ORDER BY attrelid::regclass::text, attnum)
   FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
   WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND attnum > 0 AND NOT attisdropped),
  (SELECT string_agg(format('%s %s', conrelid::regclass, pg_get_constraintdef(oid)), E'\\n'
     ORDER BY conrelid::regclass::text, conname)
   FROM pg_constraint WHERE connamespace = 'public'::regnamespace),
  ${TABLES.map((name) => `(SELECT md5(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM ${name} t)`).join(',\n  ')})) AS sum`;

async function checksumOf(superuser: pg.Client): Promise<string> {
  const { rows } = await superuser.query<{ sum: string }>(CHECKSUM);
  return rows[0]?.sum ?? '';
}
