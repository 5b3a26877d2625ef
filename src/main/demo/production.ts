import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../platform/embedded-postgres/start.ts';
import { SHOP_SQL } from './shop.ts';
import type { Stage } from './stage.ts';

const DATABASE = 'shop';
const ADMIN = 'countersign_admin';

/** The second server: what the agent is after. Never the one that holds the broker's store. */
export interface Production {
  readonly version: string;
  /** Rows of each table. */
  readonly rows: Readonly<Record<'customers' | 'orders' | 'order_items', number>>;
  /** The broker's root credential there: it can log in and make roles, and nothing else yet. */
  readonly adminUrl: string;
  /** As its superuser, who is neither the broker nor the agent. */
  readonly superuser: pg.Client;
}

export async function startProduction(stage: Stage): Promise<Production> {
  const starting = startEmbeddedPostgres({
    dataDir: join(stage.dir, 'production'),
    // Its data is thrown away when the demo ends.
    fsync: false,
  });
  const server = await stage.holding(starting, (one) => one.stop());
  const url = (database: string, user: string, password: string) =>
    `postgres://${user}:${password}@127.0.0.1:${server.port}/${database}`;
  const open = async (database: string) => {
    const password = server.password.reveal();
    const client = new pg.Client({ connectionString: url(database, server.superuser, password) });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  const setup = await open('postgres');
  await setup.query(`CREATE DATABASE ${DATABASE} TEMPLATE template0`);
  await setup.end();
  const superuser = await stage.holding(open(DATABASE), (client) => client.end());
  await superuser.query(SHOP_SQL);
  const adminPassword = randomBytes(24).toString('base64url');
  await superuser.query(
    `CREATE ROLE ${ADMIN} LOGIN CREATEROLE PASSWORD ${pg.escapeLiteral(adminPassword)}`,
  );
  return {
    adminUrl: url(DATABASE, ADMIN, adminPassword),
    superuser,
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
