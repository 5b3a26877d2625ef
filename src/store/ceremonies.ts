import type { Ceremony, CeremonyStore } from '../ports/ceremonies.ts';
import { type Pool, query } from './pool.ts';

export function createCeremonyStore(pool: Pool): CeremonyStore {
  return {
    begin: async (ceremony, ttlSeconds) => {
      const { id, kind, binding, challenge, payload } = ceremony;
      const rows = await query<{ expiresAt: number }>(
        pool,
        `insert into ceremonies (id, kind, binding, challenge, payload, expires_at)
         values ($1, $2, $3, $4, $5, now_at() + $6 * interval '1 second')
         returning ms(expires_at) as "expiresAt"`,
        [id, kind, binding, challenge, JSON.stringify(payload), ttlSeconds],
      );
      return { expiresAt: rows[0]?.expiresAt ?? 0 };
    },
    take: async (id, kind, binding) => {
      const rows = await query<Ceremony & Record<string, unknown>>(
        pool,
        `delete from ceremonies where id = $1 and kind = $2 and binding = $3 and expires_at > now_at()
         returning id, kind, binding, challenge, payload`,
        [id, kind, binding],
      );
      return rows[0];
    },
  };
}
