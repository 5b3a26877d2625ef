import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import type { Secret } from '../domain/secret.ts';
import { named } from './pool.ts';

const LOCK = "select pg_advisory_lock(hashtext('countersign.migrate'))";
const MIGRATION = /^[0-9]{4}_[a-z0-9_]+\.sql$/;

export interface MigrateOptions {
  /** `postgres://…` of the owner. */
  readonly ownerUrl: Secret;
  /** Name of the role the broker runs as; it gets exactly the rights of `grants.sql`. */
  readonly runtimeRole: string;
  /** Folder of the numbered SQL files. */
  readonly directory: string;
  /** Id for a new installation; an existing one keeps its own. */
  readonly newInstallationId: string;
}

export interface MigrateResult {
  readonly applied: readonly string[];
  readonly current: string;
}

/**
 * Applies the numbered files that are missing, each in a transaction of its own, then the runtime
 * role's rights. Any number of processes may do it at once: an advisory lock puts them in line.
 *
 * @throws Error when an applied file was changed since, or the store is newer than this program
 */
export async function migrate(options: MigrateOptions): Promise<MigrateResult> {
  const client = new pg.Client({
    connectionString: options.ownerUrl.reveal(),
    connectionTimeoutMillis: 5_000,
    application_name: 'countersign-migrate',
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(LOCK);
    return await apply(client, options);
  } catch (error) {
    throw named(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function apply(client: pg.Client, options: MigrateOptions): Promise<MigrateResult> {
  await client.query('create schema if not exists countersign');
  await client.query('set search_path = countersign');
  await client.query(`create table if not exists migrations (
    name text primary key, sha256 text not null, applied_at timestamptz not null default now())`);
  const files = (await readdir(options.directory)).filter((name) => MIGRATION.test(name)).sort();
  const done = new Map(
    (
      await client.query<{ name: string; sha256: string }>('select name, sha256 from migrations')
    ).rows.map((row) => [row.name, row.sha256]),
  );
  for (const name of done.keys()) {
    if (!files.includes(name)) {
      throw new Error(`The store is newer than this program: it has migration ${name}.`);
    }
  }
  const applied: string[] = [];
  for (const name of files) {
    const sql = await readFile(join(options.directory, name), 'utf8');
    const sha256 = createHash('sha256').update(sql).digest('hex');
    const known = done.get(name);
    if (known !== undefined && known !== sha256) {
      throw new Error(`Migration ${name} was changed after it had been applied.`);
    }
    if (known === undefined) {
      await applyOne(client, name, sql, sha256);
      applied.push(name);
    }
  }
  await client.query(
    'insert into installation (id) values ($1) on conflict (singleton) do nothing',
    [options.newInstallationId],
  );
  await grantRuntime(client, options);
  return { applied, current: files.at(-1) ?? '' };
}

async function applyOne(
  client: pg.Client,
  name: string,
  sql: string,
  sha256: string,
): Promise<void> {
  await client.query('begin');
  try {
    await client.query(sql);
    await client.query('insert into migrations (name, sha256) values ($1, $2)', [name, sha256]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}

async function grantRuntime(client: pg.Client, options: MigrateOptions): Promise<void> {
  const sql = await readFile(join(options.directory, 'grants.sql'), 'utf8');
  await client.query('begin');
  try {
    await client.query(sql.replaceAll(':runtime', pg.escapeIdentifier(options.runtimeRole)));
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}
