import { randomBytes } from 'node:crypto';
import { formatId } from '../../src/domain/ids.ts';
import { outsideNameOf } from '../../src/domain/lease.ts';
import pg from 'pg';
import type { Database } from '../database.ts';

const BATCH = 5_000;
/** Old enough not to be one that is being issued. */
const AGE_MS = 600_000;

export interface MadeLease {
  readonly id: string;
  readonly name: string;
}

/** Ids and outside names of leases that this installation could have made. */
export function makeLeases(installation: string, count: number): MadeLease[] {
  return Array.from({ length: count }, () => {
    const id = formatId('lease', Date.now() - AGE_MS, randomBytes(10));
    return { id, name: outsideNameOf(installation, id) };
  });
}

/** Active leases in the store, as the broker itself would leave them; their grants are not needed here. */
export async function insertActive(
  session: pg.Client,
  resource: string,
  leases: readonly MadeLease[],
): Promise<void> {
  for (let at = 0; at < leases.length; at += BATCH) {
    const batch = leases.slice(at, at + BATCH);
    await session.query(
      `insert into countersign.leases (id, grant_id, token_jti, task_id, agent_id, resource, scope,
         state, outside_name, statement_timeout_ms, created_at, expires_at)
       select id, 'grt_bench', 'tok_bench', 'tsk_bench', 'agt_bench', $3, $3 || ':read', 'active',
         name, 30000, now() - interval '10 min', now() + interval '1 hour'
       from unnest($1::text[], $2::text[]) as l(id, name)`,
      [batch.map(({ id }) => id), batch.map(({ name }) => name), resource],
    );
  }
}

/** Their logins, made by whoever `url` names; an admin becomes a member, as it does when it issues. */
export async function makeLogins(url: string, leases: readonly MadeLease[]): Promise<void> {
  const session = new pg.Client({ connectionString: url });
  await session.connect();
  try {
    for (let at = 0; at < leases.length; at += BATCH) {
      const names = leases.slice(at, at + BATCH).map(({ name }) => `'${name}'`);
      await session.query(`do $$ declare r text; begin
        foreach r in array array[${names.join(',')}] loop
          execute format('create role %I login valid until ''infinity''', r);
          if not (select rolsuper from pg_roles where rolname = current_user) then
            execute format('grant %I to current_user with inherit true, set true', r);
          end if;
        end loop; end $$`);
    }
  } finally {
    await session.end();
  }
}

/** The store as its superuser, to prepare it and to look at it. */
export async function openStore(store: Database, database: string): Promise<pg.Client> {
  const session = new pg.Client({ connectionString: store.url(database) });
  await session.connect();
  return session;
}

export async function installationOf(session: pg.Client): Promise<string> {
  const { rows } = await session.query<{ id: string }>('select id from countersign.installation');
  return rows[0]?.id ?? '';
}
