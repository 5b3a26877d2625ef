import type { AuditDraft } from '../audit/entry.ts';
import { conflict, storeUnavailable } from '../domain/errors.ts';
import type { SealedSecret, SecretListing, SecretRows } from '../ports/secrets.ts';
import { appendAudit } from './audit-append.ts';
import { createBatcher } from './batcher.ts';
import { announce, lockGate } from './feed-event.ts';
import { type Pool, query, type Tx, transaction } from './pool.ts';

/**
 * Stands in the newest row of a deleted secret, so that a name set again goes on counting:
 * connections are kept by generation.
 */
const DELETED = '';

interface ListingRow extends SecretListing {
  [column: string]: unknown;
}

interface LatestRow extends Record<string, unknown> {
  name: string;
  generation: number;
  sealed: string;
  nextGeneration: number | null;
  nextSealed: string | null;
  kind: string | null;
}

const LATEST = {
  name: 'latest-secrets',
  text: `select distinct on (s.name) s.name, s.generation::float8 as generation, s.sealed,
    r.generation::float8 as "nextGeneration", r.sealed as "nextSealed", r.kind
  from secrets s left join root_rotations r on r.name = s.name
  where s.name = any ($1::text[]) order by s.name, s.generation desc`,
};

/**
 * Hundreds of leases that end together each ask for the secret of their resource: they share a statement,
 * or they would take every connection from those who ask for tokens. Who asks shares the next one, never
 * one that is on its way: what is read is as new as the question.
 */
const READS = { largest: 256, lanes: 2 };

export function createSecretRows(pool: Pool): SecretRows {
  const reads = createBatcher<string, SealedSecret | undefined>({
    ...READS,
    run: (names) => latest(pool, names),
    full: () => storeUnavailable(),
    mayBeOne: () => false,
  });
  return {
    latest: (name) => reads.add(name, name),
    insertNext: (name, at) => transaction(pool, (tx) => insertNext(tx, name, at)),
    list: () =>
      query<ListingRow>(
        pool,
        `select name, max(generation)::float8 as generation, ms(max(created_at)) as "createdAt"
         from secrets where sealed <> $1 group by name order by name`,
        [DELETED],
      ),
    delete: (name, entry) => transaction(pool, (tx) => remove(tx, name, entry)),
  };
}

/** In the order of the names, of which several may be the same. */
async function latest(pool: Pool, names: readonly string[]): Promise<(SealedSecret | undefined)[]> {
  const rows = await query<LatestRow>(pool, LATEST, [[...new Set(names)]]);
  const found = new Map(rows.map((row) => [row.name, toSealed(row)]));
  return names.map((name) => found.get(name));
}

function toSealed(row: LatestRow): SealedSecret | undefined {
  const { generation, sealed, nextGeneration, nextSealed, kind } = row;
  if (sealed === DELETED) return undefined;
  if (nextGeneration === null || nextSealed === null || kind === null) {
    return { generation, sealed };
  }
  return { generation, sealed, pending: { generation: nextGeneration, sealed: nextSealed, kind } };
}

async function insertNext(
  tx: Tx,
  name: string,
  at: Parameters<SecretRows['insertNext']>[1],
): Promise<number> {
  // The gate puts writers in line, so two never take the same generation.
  await lockGate(tx);
  await endRotation(tx, name);
  const { next } = await newestSecret(tx, name);
  const { sealed, entry } = at(next);
  await replaceSecret(tx, name, next, sealed);
  appendAudit(tx, [entry]);
  return next;
}

async function remove(tx: Tx, name: string, entry: AuditDraft): Promise<boolean> {
  await lockGate(tx);
  const { next, set } = await newestSecret(tx, name);
  if (!set) return false;
  await endRotation(tx, name);
  await replaceSecret(tx, name, next, DELETED);
  appendAudit(tx, [entry]);
  return true;
}

/** An operator's new value ends a rotation that nobody works on: what was pending may be lost by now. */
async function endRotation(tx: Tx, name: string): Promise<void> {
  const [row] = await query<{ busy: boolean }>(
    tx,
    `select claimed_until > clock_timestamp() as busy from root_rotations
     where name = $1 for update`,
    [name],
  );
  if (row?.busy) {
    throw conflict(`${name} is being rotated right now. Try again in a minute.`);
  }
  if (row) await query(tx, 'delete from root_rotations where name = $1', [name]);
}

/** Under the gate: the number of the next generation, and whether there is a value now. */
export async function newestSecret(tx: Tx, name: string): Promise<{ next: number; set: boolean }> {
  const [row] = await query<{ generation: number; sealed: string }>(
    tx,
    `select generation::float8 as generation, sealed from secrets where name = $1
     order by generation desc limit 1`,
    [name],
  );
  return { next: (row?.generation ?? 0) + 1, set: row !== undefined && row.sealed !== DELETED };
}

/** Only the newest row stays: an old root credential is of use to thieves only. */
export async function replaceSecret(
  tx: Tx,
  name: string,
  generation: number,
  sealed: string,
): Promise<void> {
  await query(tx, 'insert into secrets (name, generation, sealed) values ($1, $2, $3)', [
    name,
    generation,
    sealed,
  ]);
  await query(tx, 'delete from secrets where name = $1 and generation < $2', [name, generation]);
  await announce(tx, [{ kind: 'secret', target: name }]);
}
