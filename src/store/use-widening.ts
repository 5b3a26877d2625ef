import type { AuditDraft } from '../audit/entry.ts';
import { approvalOver } from '../domain/approval-errors.ts';
import { query, type Tx } from './pool.ts';
import { wake } from './wakeup.ts';

/**
 * Uses up an approval of a widening, in the transaction that makes the change: once, whoever else tries.
 * @param usedBy what came of it, e.g. `bundle:7`
 * @throws approvalOver when it is not approved, or no longer
 */
export async function useWidening(tx: Tx, id: string, usedBy: string): Promise<AuditDraft> {
  const rows = await query(
    tx,
    `update approvals set state = 'used', used_by = $2
     where id = $1 and kind = 'widening' and state = 'approved' and expires_at > now_at() returning id`,
    [id, usedBy],
  );
  if (rows.length === 0) throw approvalOver('used or over');
  wake(tx, [`approval:${id}`]);
  return { actor: 'broker', action: 'approval.used', subject: id, detail: { by: usedBy } };
}

/** What was asked about changes to another bundle than this one says something untrue now. */
export async function supersedeWidenings(tx: Tx, version: number): Promise<AuditDraft[]> {
  const reason = `bundle ${version} became active`;
  const rows = await query<{ id: string }>(
    tx,
    `update approvals set state = 'superseded', end_reason = $2,
       decided_at = coalesce(decided_at, now_at())
     where id in (select id from approvals where kind = 'widening'
         and state in ('pending', 'approved') and bundle_version <> $1 order by id for update)
     returning id`,
    [version, reason],
  );
  wake(
    tx,
    rows.map(({ id }) => `approval:${id}` as const),
  );
  return rows.map(({ id }) => {
    return { actor: 'broker', action: 'approval.superseded', subject: id, detail: { reason } };
  });
}
