import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { builtFile } from '../support/built.ts';
import { testServer } from '../support/postgres.ts';
import { folder } from './files.ts';
import type { Ran } from './terminal.ts';

const BUNDLE: Readonly<Record<string, string>> = {
  'agents.yaml': 'teams: [support]\nagents: []\n',
  'environments.yaml': 'environments: { staging: { protected: false } }\n',
  'groups.yaml': 'groups: {}\n',
  'resources/shop.yaml': `resource: shop
kind: postgres
environment: staging
owner: dana@example.com
connection: { url: { secret: shop/admin-url }, accept: [] }
scopes:
  read:
    effect: read
    description: Orders
    max_ttl: 15m
    postgres: { grant: [ { privileges: [SELECT], tables: [public.orders] } ], connections: 2 }
  write:
    effect: write
    description: Change orders
    max_ttl: 15m
    postgres: { grant: [ { privileges: [SELECT, UPDATE], tables: [public.orders] } ] }
`,
  'rules/support.cedar': `@id("support-reads") @ttl("10m") @leases("2")
permit (principal in Team::"support", action == Action::"read", resource in Environment::"staging");
`,
  'tests/support.yaml':
    '- { name: support reads, agent: x, teams: [support], scope: "shop:read", expect: { decision: allow } }\n',
};

type Environment = Readonly<Record<string, string>>;

/** A broker in a process of its own, and the command line against it. */
export interface RunningBroker {
  readonly home: string;
  readonly url: string;
  readonly policies: string;
  /** Runs the compiled program beside it, where the store's credentials are. */
  cli(argv: readonly string[], more?: { env?: Environment }): Promise<Ran>;
  /** The same for one that goes on by itself: its lines as they come; leaving the loop ends it. */
  follow(argv: readonly string[], env: Environment): AsyncGenerator<string, void>;
  /** All it wrote so far. */
  said(): string;
  /** Ends it; resolves to all it wrote. */
  stop(): Promise<string>;
  /** Ends it and removes its database and role. */
  remove(): Promise<void>;
}

/** Runs one command of the compiled program with exactly that environment. */
async function runProgram(
  argv: readonly string[],
  options: { env: Environment; cwd: string },
): Promise<Ran> {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [builtFile('cli/main.js'), ...argv], {
    cwd: options.cwd,
    env: { PATH, ...options.env },
  });
  child.stdin.end();
  const ended = new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? -1)));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}

async function* followProgram(
  argv: readonly string[],
  options: { env: Environment; cwd: string },
): AsyncGenerator<string, void> {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [builtFile('cli/main.js'), ...argv], {
    cwd: options.cwd,
    env: { PATH, ...options.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    yield* createInterface({ input: child.stdout });
  } finally {
    child.kill('SIGINT');
  }
}

/** `migrate`, then `dev`, on an empty database of the shared server. */
export async function startBroker(): Promise<RunningBroker> {
  const server = await testServer(18);
  const database = await server.createDatabase('cli');
  const [role, password] = [`${database}_runtime`, randomBytes(8).toString('hex')];
  await superuser(server.url(database), `CREATE ROLE ${role} LOGIN PASSWORD '${password}'`);
  const home = folder();
  const policies = join(home, 'policies');
  writeBundle(policies);
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const host: Environment = {
    COUNTERSIGN_PORT: String(port),
    COUNTERSIGN_DATA_DIR: join(home, 'data'),
    COUNTERSIGN_POLICIES: policies,
    DATABASE_URL: server.url(database, role, password),
  };
  const owner = { COUNTERSIGN_MIGRATE_DATABASE_URL: server.url(database) };
  const migrated = await runProgram(['migrate'], { env: { ...host, ...owner }, cwd: home });
  if (migrated.code !== 0) throw new Error(`migrate failed: ${migrated.stderr}`);
  const broker = await startDev(host, home);
  return {
    home,
    url,
    policies,
    cli: (argv, { env } = {}) => runProgram(argv, { cwd: home, env: { ...host, ...env } }),
    follow: (argv, env) => followProgram(argv, { cwd: home, env: { ...host, ...env } }),
    said: broker.said,
    stop: broker.stop,
    async remove() {
      await broker.stop();
      await superuser(
        server.url('postgres'),
        `DROP DATABASE ${database} WITH (FORCE); DROP ROLE ${role}`,
      );
    },
  };
}

async function startDev(env: Environment, cwd: string) {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [builtFile('cli/main.js'), 'dev'], {
    cwd,
    env: { PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('Countersign is ready at')) resolve();
    });
    void ended.then(() => reject(new Error(`dev ended before it was ready:\n${said}`)));
  });
  return { said: () => said, stop: () => stop(child, ended).then(() => said) };
}

async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.kill('SIGTERM');
  await ended;
}

function writeBundle(policies: string): void {
  for (const [path, content] of Object.entries(BUNDLE)) {
    const file = join(policies, path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, content);
  }
}

async function superuser(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of sql.split('; ')) await client.query(statement);
  } finally {
    await client.end();
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
