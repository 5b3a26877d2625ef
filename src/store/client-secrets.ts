import type { AuditDraft } from '../audit/entry.ts';
import type { ClientSecret } from '../domain/agent.ts';
import type { ClientSecretStore } from '../ports/agents.ts';
import { appendAudit, appendOrReturn } from './audit-append.ts';
import { announce, lockGate } from './feed-event.ts';
import { OUTWAIT, type Pool, query, type Tx, transaction } from './pool.ts';
import { cutProofs } from './proofs.ts';

/** How a change of the secret is written; only agents have tokens that hang on it. */
const WRITE = {
  agents: `update agents set client_secret = $2, version = version + 1 where id = $1 returning id`,
  resource_servers: 'update resource_servers set client_secret = $2 where id = $1 returning id',
} as const;

type Table = keyof typeof WRITE;

export function createClientSecretStore(pool: Pool, table: Table): ClientSecretStore {
  return {
    set: (id, secret, entry) =>
      transaction(pool, async (tx) => {
        const found = await write(tx, table, id, secret);
        if (found) appendAudit(tx, [entry]);
        return found;
      }),
    remove: (id, entry) => transaction(pool, (tx) => remove(tx, table, id, entry), OUTWAIT),
  };
}

async function write(
  tx: Tx,
  table: Table,
  id: string,
  secret: ClientSecret | undefined,
): Promise<boolean> {
  await lockGate(tx);
  if (table === 'agents') await cutProofs(tx, id, 'secret', []);
  const rows = await query(tx, WRITE[table], [id, secret ? JSON.stringify(secret) : null]);
  if (rows.length === 0) return false;
  // One kind of event for every client: whoever keeps it in memory forgets it by its id.
  await announce(tx, [{ kind: 'agent', target: id }]);
  return true;
}

async function remove(
  tx: Tx,
  table: Table,
  id: string,
  entry: AuditDraft,
): Promise<{ unrecorded: AuditDraft[] }> {
  const found = await write(tx, table, id, undefined);
  return { unrecorded: found ? await appendOrReturn(tx, [entry]) : [] };
}
