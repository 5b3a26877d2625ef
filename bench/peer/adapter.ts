import type { Adapter } from 'oidc-provider';
import type pg from 'pg';

/** One row per stored model, found by its primary key; replay markers are rows like any other. */
export const PEER_SCHEMA = `
  create table if not exists oidc_models (
    kind text not null,
    id text not null,
    payload jsonb not null,
    grant_id text,
    expires_at timestamptz not null,
    primary key (kind, id)
  )`;

/** SQLSTATE unique_violation. */
const TAKEN = '23505';

/** An adapter as a deployment would write it: prepared statements, one round trip a call. */
export function postgresAdapter(pool: pg.Pool): new (kind: string) => Adapter {
  return class implements Adapter {
    readonly #kind: string;

    constructor(kind: string) {
      this.#kind = kind;
    }

    async upsert(id: string, payload: Record<string, unknown>, expiresIn: number): Promise<void> {
      const onConflict =
        this.#kind === 'ReplayDetection'
          ? '' // two requests that both found nothing: the second must fail, not overwrite
          : 'on conflict (kind, id) do update set payload = $3, grant_id = $4, expires_at = now() + make_interval(secs => $5)';
      await pool
        .query({
          name: `upsert_${this.#kind}`,
          text: `insert into oidc_models (kind, id, payload, grant_id, expires_at)
                 values ($1, $2, $3, $4, now() + make_interval(secs => $5)) ${onConflict}`,
          values: [this.#kind, id, JSON.stringify(payload), payload['grantId'] ?? null, expiresIn],
        })
        .catch((error: Error & { code?: string }) => {
          throw error.code === TAKEN ? new Error('replayed') : error;
        });
    }

    async find(id: string): Promise<Record<string, unknown> | undefined> {
      const { rows } = await pool.query<{ payload: Record<string, unknown> }>({
        name: 'find',
        text: 'select payload from oidc_models where kind = $1 and id = $2 and expires_at > now()',
        values: [this.#kind, id],
      });
      return rows[0]?.payload;
    }

    /** The flows with user codes and sessions are off in this peer. */
    async findByUserCode(): Promise<undefined> {}
    async findByUid(): Promise<undefined> {}

    async consume(id: string): Promise<void> {
      await pool.query(
        `update oidc_models set payload = jsonb_set(payload, '{consumed}', to_jsonb(extract(epoch from now())::int))
         where kind = $1 and id = $2`,
        [this.#kind, id],
      );
    }

    async destroy(id: string): Promise<void> {
      await pool.query('delete from oidc_models where kind = $1 and id = $2', [this.#kind, id]);
    }

    async revokeByGrantId(grantId: string): Promise<void> {
      await pool.query('delete from oidc_models where grant_id = $1', [grantId]);
    }
  };
}
