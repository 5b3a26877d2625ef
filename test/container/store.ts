import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestServer } from '../support/postgres.ts';

/** A store made by the statements of compose/create-roles.sql, and the secrets that open it. */
export interface ComposedStore {
  /** A folder to mount at /run/secrets with these secrets: files of the container's user, mode 0400. */
  secrets(names: readonly string[]): string;
  /** The values that may appear nowhere but in those files. */
  readonly values: readonly string[];
  drop(): Promise<void>;
}

/** Makes owner, runtime role and database under names of their own, and writes the secret files. */
export async function composeStore(server: TestServer, uid: number): Promise<ComposedStore> {
  const name = `cst_${randomBytes(6).toString('hex')}`;
  const owner = `${name}_owner`;
  const password = {
    owner: randomBytes(24).toString('hex'),
    runtime: randomBytes(24).toString('hex'),
  };
  const masterKey = randomBytes(32).toString('base64');
  await asSuperuser(server, createRoles(name, password.owner, password.runtime));
  const home = mkdtempSync(join(tmpdir(), 'countersign-secrets-'));
  const files: Record<string, string> = {
    migrate_database_url: server.url(name, owner, password.owner),
    database_url: server.url(name, name, password.runtime),
    master_key: masterKey,
  };
  return {
    secrets: (names) =>
      secretFiles(
        home,
        uid,
        names.map((name) => [name, files[name] ?? '']),
      ),
    values: [password.owner, password.runtime, masterKey],
    async drop() {
      rmSync(home, { recursive: true, force: true });
      await asSuperuser(server, [
        `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`,
        `DROP ROLE IF EXISTS ${name}, ${owner}`,
      ]);
    },
  };
}

/** The statements psql would send, for a database and roles called `name` instead of countersign. */
function createRoles(name: string, ownerPassword: string, runtimePassword: string): string[] {
  const script = readFileSync(join(import.meta.dirname, '../../compose/create-roles.sql'), 'utf8');
  return script
    .replace(/^\\set .*$/gm, '')
    .replace(/--.*$/gm, '')
    .replace(/\bcountersign/g, name)
    .replaceAll(":'owner_password'", pg.escapeLiteral(ownerPassword))
    .replaceAll(":'runtime_password'", pg.escapeLiteral(runtimePassword))
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}

/** One session, statement by statement: CREATE DATABASE runs in no transaction. */
async function asSuperuser(server: TestServer, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: server.url('postgres') });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

function secretFiles(home: string, uid: number, files: readonly [string, string][]): string {
  const folder = mkdtempSync(join(home, 'secrets-'));
  chmodSync(folder, 0o755);
  for (const [name, value] of files) {
    const file = join(folder, name);
    writeFileSync(file, `${value}\n`, { mode: 0o400 });
    chownSync(file, uid, uid);
  }
  return folder;
}
