import type { AuditDraft } from '../audit/entry.ts';
import type { Passkey } from '../domain/operator.ts';
import type { NewPasskey, PasskeyStore } from '../ports/passkeys.ts';
import type { PasskeyUse } from '../ports/sessions.ts';
import { appendAudit, type Narrowed, narrowing } from './audit-append.ts';
import { adminRemains, isPasskeyAdmin, lockPeople } from './people-lock.ts';
import { type Pool, query, type Tx, transaction } from './pool.ts';
import { PASSKEY_COLUMNS, toPasskey } from './rows.ts';

export function createPasskeyStore(pool: Pool): PasskeyStore {
  return {
    find: async (id) => {
      const rows = await query(
        pool,
        `select ${PASSKEY_COLUMNS} from passkeys p join operators o on o.id = p.operator_id
         where p.id = $1 and p.removed_at is null and o.state = 'active'`,
        [id],
      );
      return rows[0] && toPasskey(rows[0]);
    },
    listOf: async (operatorId) => {
      const rows = await query(
        pool,
        `select ${PASSKEY_COLUMNS} from passkeys p
         where p.operator_id = $1 and p.removed_at is null order by p.created_at, p.id`,
        [operatorId],
      );
      return rows.map(toPasskey);
    },
    anyEver: () => anyEver(pool),
    add: (passkey, entry) =>
      transaction(pool, async (tx) => {
        await lockPeople(tx);
        const added = await insertPasskey(tx, passkey);
        if (added) appendAudit(tx, [entry]);
        return added;
      }),
    remove: async (id, operatorId, entry) => {
      const { result, unrecorded } = await narrowing(pool, async (tx) => {
        await lockPeople(tx);
        return remove(tx, id, operatorId, entry);
      });
      return result === 'done' ? { kind: 'done', unrecorded } : { kind: result };
    },
  };
}

/** Whether a passkey was ever registered here. */
export async function anyEver(db: Pool | Tx): Promise<boolean> {
  return (await query(db, 'select 1 from passkeys limit 1')).length > 0;
}

/** @returns undefined when the credential id is taken, or its operator is not active */
export async function insertPasskey(
  tx: Tx,
  passkey: NewPasskey & Pick<Passkey, 'operatorId' | 'name'>,
): Promise<Passkey | undefined> {
  const rows = await query(
    tx,
    `insert into passkeys as p (id, operator_id, public_key, sign_count, backup_eligible, backed_up,
       transports, name, created_at)
     select $1, o.id, $3, $4, $5, $6, $7, $8, now_at() from operators o
     where o.id = $2 and o.state = 'active'
     on conflict (id) do nothing returning ${PASSKEY_COLUMNS}`,
    [
      passkey.id,
      passkey.operatorId,
      passkey.publicKey,
      passkey.signCount,
      passkey.backupEligible,
      passkey.backedUp,
      passkey.transports,
      passkey.name,
    ],
  );
  return rows[0] && toPasskey(rows[0]);
}

/**
 * Marks a passkey as used. Its counter must have moved on where it counts at all, also against whoever
 * uses it at the same moment.
 * @returns whether it is a live passkey of that active operator, and its counter moved
 */
export async function usePasskey(tx: Tx, operatorId: string, use: PasskeyUse): Promise<boolean> {
  const rows = await query(
    tx,
    `update passkeys p set sign_count = $3, backed_up = $4, last_used_at = now_at()
     from operators o
     where p.id = $1 and p.operator_id = $2 and p.removed_at is null
       and o.id = p.operator_id and o.state = 'active'
       and (p.sign_count < $3 or (p.sign_count = 0 and $3 = 0)) returning p.id`,
    [use.id, operatorId, use.signCount, use.backedUp],
  );
  return rows.length > 0;
}

async function remove(
  tx: Tx,
  id: string,
  operatorId: string,
  entry: AuditDraft,
): Promise<Narrowed<'done' | 'unknown' | 'last_admin'>> {
  const mattered = await isPasskeyAdmin(tx, operatorId);
  const rows = await query(
    tx,
    `select 1 from passkeys where id = $1 and operator_id = $2 and removed_at is null`,
    [id, operatorId],
  );
  if (rows.length === 0) return { result: 'unknown', entries: [] };
  if (mattered && !(await adminRemains(tx, { passkeyId: id }))) {
    return { result: 'last_admin', entries: [] };
  }
  await query(tx, 'update passkeys set removed_at = now_at() where id = $1', [id]);
  await query(
    tx,
    `update sessions set ended_at = now_at(), end_reason = 'passkey removed'
     where passkey_id = $1 and ended_at is null`,
    [id],
  );
  return { result: 'done', entries: [entry] };
}
