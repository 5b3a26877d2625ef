import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { formatId } from '../../src/domain/ids.ts';
import type { AcceptableGap, Resource } from '../../src/domain/resource.ts';
import type { Scope } from '../../src/domain/scope.ts';
import { Secret } from '../../src/domain/secret.ts';
import type { IssuedCredential, IssueRequest, RootCredential } from '../../src/ports/provider.ts';
import { createPostgresProvider } from '../../src/providers/postgres/provider.ts';
import { connectWith } from '../support/issued.ts';
import { testServer } from '../support/postgres.ts';

export type PostgresProvider = ReturnType<typeof createPostgresProvider>;
export type Lease = IssueRequest['lease'];

/** What a test knows of the server it plays on. */
export interface Ground {
  readonly major: number;
  readonly host: string;
  readonly port: number;
  url(database: string, user?: string, password?: string): string;
}

const TABLES = `
CREATE TABLE orders (id serial PRIMARY KEY, customer int NOT NULL, total numeric NOT NULL DEFAULT 1);
CREATE TABLE customers (id int PRIMARY KEY, email text NOT NULL, country text NOT NULL);
CREATE TABLE "Odd ""name""" (id int, "Col ' umn" text);
CREATE TABLE secrets (id int);
CREATE SCHEMA stock;
CREATE TABLE stock.items (id int PRIMARY KEY, amount int);
CREATE VIEW stock.low AS SELECT id FROM stock.items WHERE amount < 3;
INSERT INTO customers SELECT n, 'c' || n || '@example.com', 'DE' FROM generate_series(1, 50) n;
INSERT INTO orders (customer) SELECT n % 50 + 1 FROM generate_series(1, 500) n;
INSERT INTO stock.items SELECT n, n FROM generate_series(1, 10) n;`;

function randomName(prefix: string): string {
  return `${prefix}_${randomBytes(6).toString('hex')}`;
}

function installationId(): string {
  return randomBytes(4).toString('hex');
}

export function newLease(installation: string, seconds = 900): Lease {
  const id = formatId('lease', Date.now(), randomBytes(10));
  return {
    id,
    outsideName: `cs_${installation}_${id.slice(4)}`,
    expiresAt: Date.now() + seconds * 1000,
  };
}

export function scope(name: string, effect: Scope['effect'], constraints: unknown): Scope {
  return {
    id: `orders-db:${name}`,
    resource: 'orders-db',
    name,
    effect,
    description: '',
    maxTtlSeconds: 900,
    constraints,
  };
}

const SCOPES = [
  scope('read', 'read', {
    grant: [
      { privileges: ['SELECT'], tables: ['public.orders', 'public.Odd "name"'] },
      { privileges: ['SELECT'], tables: ['public.customers'], columns: ['id', 'country'] },
    ],
    statement_timeout: '30s',
    connections: 3,
  }),
  scope('write', 'write', {
    grant: [{ privileges: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'], tables: ['public.orders'] }],
  }),
  scope('stock', 'read', { grant: [{ privileges: ['SELECT'], schema: 'stock' }] }),
];

/** One resource: a database of its own with an admin of its own, and our provider pointed at it. */
export class Shop {
  readonly ground: Ground;
  readonly database: string;
  readonly installation = installationId();
  readonly admin = randomName('adm');
  readonly adminPassword = randomBytes(8).toString('hex');
  readonly provider: PostgresProvider;
  /** The superuser, connected to the shop's database. */
  readonly owner: pg.Pool;
  readonly #clients = new Set<pg.Client>();
  generation = 1;

  private constructor(ground: Ground, database: string) {
    this.ground = ground;
    this.database = database;
    this.owner = new pg.Pool({ connectionString: ground.url(database), max: 5 });
    this.owner.on('error', () => undefined);
    this.provider = this.anotherBroker();
  }

  static async open(major: 14 | 18): Promise<Shop> {
    const server = await testServer(major);
    return Shop.on(server, await server.createDatabase('shop'));
  }

  /** On a server of the test's own. */
  static async on(ground: Ground, database: string): Promise<Shop> {
    const shop = new Shop(ground, database);
    await shop.owner.query(TABLES);
    await shop.owner.query(
      `CREATE ROLE ${shop.admin} LOGIN CREATEROLE PASSWORD '${shop.adminPassword}';
       GRANT USAGE ON SCHEMA public, stock TO ${shop.admin} WITH GRANT OPTION;
       GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public, stock TO ${shop.admin} WITH GRANT OPTION;
       GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO ${shop.admin} WITH GRANT OPTION`,
    );
    return shop;
  }

  anotherBroker(): PostgresProvider {
    return createPostgresProvider({ installation: this.installation, networkAllow: new Set() });
  }

  resource(
    options: { protected?: boolean; accept?: AcceptableGap[]; scopes?: Scope[] } = {},
  ): Resource {
    const scopes = options.scopes ?? SCOPES;
    return {
      name: 'orders-db',
      kind: 'postgres',
      environment: { name: 'production', protected: options.protected ?? false },
      owner: 'dana@example.com',
      connection: { url: { secret: 'orders-db/admin-url' }, accept: options.accept ?? [] },
      scopes: new Map(scopes.map((one) => [one.name, one])),
    };
  }

  root(): RootCredential {
    const value = this.ground.url(this.database, this.admin, this.adminPassword);
    return { value: new Secret(value), generation: this.generation };
  }

  reach(resource = this.resource()) {
    return { resource, root: this.root(), signal: new AbortController().signal };
  }

  request(scopeOrName: Scope | string = 'read', lease = newLease(this.installation)) {
    const resource = this.resource();
    const found = typeof scopeOrName === 'string' ? resource.scopes.get(scopeOrName) : scopeOrName;
    if (!found) throw new Error(`no scope ${String(scopeOrName)}`);
    return { ...this.reach(resource), lease, scope: found };
  }

  /** Issues a lease and logs in with it, by the URL an agent gets. */
  async login(scopeOrName: Scope | string = 'read') {
    const request = this.request(scopeOrName);
    const issued = await this.provider.issue(request);
    return { request, lease: request.lease, issued, client: await this.connect(issued) };
  }

  async connect(issued: IssuedCredential, database?: string): Promise<pg.Client> {
    const client = await connectWith(issued, database);
    this.#clients.add(client);
    return client;
  }

  revoke(lease: Lease, provider = this.provider) {
    return provider.revoke({ ...this.reach(), lease });
  }

  async roleExists(name: string): Promise<boolean> {
    const { rowCount } = await this.owner.query('SELECT FROM pg_roles WHERE rolname = $1', [name]);
    return rowCount === 1;
  }

  /** Names of every page of `listOwned`. */
  async owned(limit = 1_000): Promise<string[]> {
    const names: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = await this.provider.listOwned(this.reach(), { limit, ...(after && { after }) });
      names.push(...page.names);
      if (page.next === undefined) return names;
      after = page.next;
    }
  }

  async close(): Promise<void> {
    for (const client of this.#clients) await client.end().catch(() => undefined);
    const names = await this.owned().catch(() => []);
    await Promise.all(
      names.map((outsideName) => this.revoke({ id: 'lse', outsideName, expiresAt: 0 })),
    );
    await this.provider.close();
    await this.owner.end();
    const cleaner = new pg.Client({ connectionString: this.ground.url('postgres') });
    await cleaner.connect();
    // With the database go all grants in it, whoever made them.
    await cleaner.query(`DROP DATABASE IF EXISTS ${this.database} WITH (FORCE)`);
    const groups = await cleaner.query<{ name: string }>(
      'SELECT rolname AS name FROM pg_roles WHERE rolname ~ $1',
      [`^cs_${this.installation}_`],
    );
    for (const { name } of groups.rows) await cleaner.query(`DROP ROLE ${name}`);
    await cleaner.query(`DROP OWNED BY ${this.admin}; DROP ROLE ${this.admin}`);
    await cleaner.end();
  }
}

/** SQLSTATE with which the server refused, or `undefined` when it did not. */
export async function refusal(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return String(error.code);
    throw error;
  }
}

/** Repeats a look until it is true; the runner's own limit ends it when it never is. */
export async function eventually(look: () => Promise<boolean>): Promise<void> {
  while (!(await look())) await new Promise((resolve) => setTimeout(resolve, 20));
}
