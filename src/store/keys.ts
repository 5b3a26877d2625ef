import type { SigningKeyStore, StoredSigningKey, SubjectKeyStore } from '../ports/keys.ts';
import { type Pool, query, transaction } from './pool.ts';

interface SigningRow extends StoredSigningKey {
  [column: string]: unknown;
}

export function createSigningKeyStore(pool: Pool): SigningKeyStore {
  return {
    list: () =>
      query<SigningRow>(
        pool,
        `select kid, alg, public_jwk as "publicJwk", sealed, ms(created_at) as "createdAt"
         from signing_keys where retired_at is null order by created_at desc, kid`,
      ),
    insertFirst: (key) =>
      transaction(pool, async (tx) => {
        // Two brokers starting at once on an empty store: one makes the key, the other sees it.
        await query(tx, "select pg_advisory_xact_lock(hashtext('countersign.signing_keys'))");
        await query(
          tx,
          `insert into signing_keys (kid, alg, public_jwk, sealed)
           select $1, $2, $3, $4
           where not exists (select from signing_keys where alg = $2 and retired_at is null)`,
          [key.kid, key.alg, JSON.stringify(key.publicJwk), key.sealed],
        );
      }),
  };
}

interface SubjectRow extends Record<string, unknown> {
  kid: string;
  sealed: string;
}

export function createSubjectKeyStore(pool: Pool): SubjectKeyStore {
  const find = async (subject: string) =>
    (
      await query<SubjectRow>(pool, 'select kid, sealed from subject_keys where subject = $1', [
        subject,
      ])
    )[0];
  return {
    find,
    insert: async (subject, kid, sealed) => {
      await query(
        pool,
        `insert into subject_keys (kid, subject, sealed) values ($1, $2, $3)
         on conflict do nothing`,
        [kid, subject, sealed],
      );
      return (await find(subject)) ?? { kid, sealed };
    },
  };
}
