import type { SubjectKeyStore } from '../ports/keys.ts';
import { type Pool, query } from './pool.ts';

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
