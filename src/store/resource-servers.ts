import { conflict } from '../domain/errors.ts';
import type { ResourceServerStore } from '../ports/agents.ts';
import { appendAudit } from './audit-append.ts';
import { createClientSecretStore } from './client-secrets.ts';
import { one, type Pool, query, transaction } from './pool.ts';
import { SERVER_COLUMNS, toServer } from './rows.ts';

export function createResourceServerStore(pool: Pool): ResourceServerStore {
  return {
    secrets: createClientSecretStore(pool, 'resource_servers'),
    insert: (server, entry) =>
      transaction(pool, async (tx) => {
        const rows = await query(
          tx,
          `insert into resource_servers (id, name, audience, jwks, jwks_uri)
           values ($1, $2, $3, $4, $5) on conflict do nothing returning ${SERVER_COLUMNS}`,
          [
            server.id,
            server.name,
            server.audience,
            server.jwks ? JSON.stringify(server.jwks) : null,
            server.jwksUri ?? null,
          ],
        );
        const row = one(rows, () =>
          conflict('A resource server with this name or audience exists already.'),
        );
        appendAudit(tx, [entry]);
        return toServer(row);
      }),
    find: async (id) => {
      const rows = await query(
        pool,
        `select ${SERVER_COLUMNS} from resource_servers where id = $1`,
        [id],
      );
      return rows[0] && toServer(rows[0]);
    },
    list: async (page) => {
      const rows = await query(
        pool,
        `select ${SERVER_COLUMNS} from resource_servers where ($2::text is null or id < $2)
         order by id desc limit $1`,
        [page.limit, page.before ?? null],
      );
      return rows.map(toServer);
    },
  };
}
