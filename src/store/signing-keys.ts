import { conflict } from '../domain/errors.ts';
import type { NewSigningKey, SigningKeyStore, StoredSigningKey } from '../ports/keys.ts';
import { appendAudit } from './audit-append.ts';
import { announce, lockGate } from './feed-event.ts';
import { type Pool, query, type Tx, transaction } from './pool.ts';

interface SigningRow extends StoredSigningKey {
  [column: string]: unknown;
}

/** Stands where the private half of a retired key was. */
const DESTROYED = '';

export function createSigningKeyStore(pool: Pool): SigningKeyStore {
  return {
    list: () =>
      query<SigningRow>(
        pool,
        `select kid, alg, public_jwk as "publicJwk", sealed, ms(created_at) as "createdAt",
           ms(signs_from) as "signsFrom", ms(leaves_at) as "leavesAt"
         from signing_keys where retired_at is null order by created_at desc, kid`,
      ),
    insertFirst: (key) =>
      transaction(pool, async (tx) => {
        // Two brokers starting at once on an empty store: one makes the key, the other sees it.
        await lockGate(tx);
        await lockKeys(tx);
        const inserted = await query(
          tx,
          `insert into signing_keys (kid, alg, public_jwk, sealed)
           select $1, $2, $3, $4
           where not exists (select from signing_keys where alg = $2 and retired_at is null)
           returning kid`,
          valuesOf(key),
        );
        if (inserted.length > 0) await announceAll(tx, [key.kid]);
      }),
    succeed: (key, seconds, entry) => transaction(pool, (tx) => succeed(tx, key, seconds, entry)),
    replaceAll: (key, entries) => transaction(pool, (tx) => replaceAll(tx, key, entries)),
    retireDue: async (entry) => {
      const due = await query(pool, `select from signing_keys where ${DUE} limit 1`);
      return due.length === 0 ? [] : transaction(pool, (tx) => retireDue(tx, entry));
    },
  };
}

/** Also what the first key of an algorithm waits for: two changes of the set never cross. */
async function lockKeys(tx: Tx): Promise<void> {
  await query(tx, "select pg_advisory_xact_lock(hashtext('countersign.signing_keys'))");
}

function valuesOf(key: NewSigningKey): unknown[] {
  return [key.kid, key.alg, JSON.stringify(key.publicJwk), key.sealed];
}

async function succeed(
  tx: Tx,
  key: NewSigningKey,
  seconds: Parameters<SigningKeyStore['succeed']>[1],
  entry: Parameters<SigningKeyStore['succeed']>[2],
): Promise<number> {
  await lockGate(tx);
  await lockKeys(tx);
  const waiting = await query<{ at: string }>(
    tx,
    `select to_char(signs_from at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as at
     from signing_keys where alg = $1 and retired_at is null and signs_from > now_at()`,
    [key.alg],
  );
  if (waiting[0]) {
    throw conflict(`A new signing key is published already; it signs from ${waiting[0].at} on.`);
  }
  await query(
    tx,
    `update signing_keys set leaves_at = now_at() + make_interval(secs => $2)
     where alg = $1 and retired_at is null and leaves_at is null`,
    [key.alg, seconds.beforeUse + seconds.afterUse],
  );
  const [row] = await query<{ from: number }>(
    tx,
    `insert into signing_keys (kid, alg, public_jwk, sealed, signs_from)
     values ($1, $2, $3, $4, now_at() + make_interval(secs => $5))
     returning ms(signs_from) as "from"`,
    [...valuesOf(key), seconds.beforeUse],
  );
  const from = row?.from ?? 0;
  await announce(tx, [{ kind: 'signing_key', target: key.kid }]);
  appendAudit(tx, [entry(from)]);
  return from;
}

async function replaceAll(
  tx: Tx,
  key: NewSigningKey,
  entries: Parameters<SigningKeyStore['replaceAll']>[1],
): Promise<readonly string[]> {
  await lockGate(tx);
  await lockKeys(tx);
  const removed = await retire(tx, 'retired_at is null');
  await query(
    tx,
    'insert into signing_keys (kid, alg, public_jwk, sealed) values ($1, $2, $3, $4)',
    valuesOf(key),
  );
  await announceAll(tx, [...removed, key.kid]);
  appendAudit(tx, entries(removed));
  return removed;
}

const DUE = 'retired_at is null and leaves_at <= now_at()';

async function retireDue(
  tx: Tx,
  entry: Parameters<SigningKeyStore['retireDue']>[0],
): Promise<readonly string[]> {
  await lockGate(tx);
  await lockKeys(tx);
  const retired = await retire(tx, DUE);
  if (retired.length === 0) return [];
  await announceAll(tx, retired);
  appendAudit(tx, retired.map(entry));
  return retired;
}

async function retire(tx: Tx, which: string): Promise<string[]> {
  const rows = await query<{ kid: string }>(
    tx,
    `update signing_keys set retired_at = clock_timestamp(), sealed = '${DESTROYED}'
     where ${which} returning kid`,
  );
  return rows.map((row) => row.kid);
}

async function announceAll(tx: Tx, kids: readonly string[]): Promise<void> {
  await announce(
    tx,
    kids.map((target) => ({ kind: 'signing_key' as const, target })),
  );
}
