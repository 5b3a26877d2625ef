import type { AuditDraft } from '../audit/entry.ts';
import { conflict } from '../domain/errors.ts';
import type { NoticeDraft } from '../domain/notice.ts';
import type { Operator } from '../domain/operator.ts';
import type { OperatorRole } from '../domain/principal.ts';
import type { OperatorChange, OperatorStore, OperatorWithPasskeys } from '../ports/operators.ts';
import { appendAudit, narrowing, type Narrowed } from './audit-append.ts';
import { addNotice } from './outbox.ts';
import { adminAddresses, adminRemains, isPasskeyAdmin, lockPeople } from './people-lock.ts';
import { type Pool, query, type Tx, transaction } from './pool.ts';
import { useWidening } from './use-widening.ts';
import { OPERATOR_COLUMNS, toOperator } from './rows.ts';

const LISTED = `${OPERATOR_COLUMNS},
  (select count(*)::int from passkeys p where p.operator_id = o.id and p.removed_at is null) as passkeys,
  (select ms(max(l.expires_at)) from links l
   where l.operator_id = o.id and l.ended_at is null and l.expires_at > now_at()) as "invitedUntil"`;

const toListed = (row: Record<string, unknown>) => toOperator(row) as OperatorWithPasskeys;

export function createOperatorStore(pool: Pool): OperatorStore {
  return {
    find: async (id) => {
      const rows = await query(pool, `select ${LISTED} from operators o where o.id = $1`, [id]);
      return rows[0] && toListed(rows[0]);
    },
    list: async (page) => {
      const rows = await query(
        pool,
        `select ${LISTED} from operators o
         where ($2::text is null or o.id < $2) and ($3 or o.state <> 'removed')
         order by o.id desc limit $1`,
        [page.limit, page.before ?? null, page.removed ?? false],
      );
      return rows.map(toListed);
    },
    active: async () => {
      const sql = `select ${LISTED} from operators o where o.state = 'active' order by o.id`;
      return (await query(pool, sql)).map(toListed);
    },
    inviters: () => inviters(pool),
    invite: (operator, invitation, notice, entry) =>
      transaction(pool, async (tx) => {
        await lockPeople(tx);
        await insertInvited(tx, operator);
        await addNotice(tx, { ...notice, to: await adminAddresses(tx) });
        const [link] = await query<{ expiresAt: number }>(
          tx,
          `insert into links (id, kind, sha256, operator_id, created_by, created_at, expires_at)
           values ($1, 'invitation', $2, $3, $4, now_at(), now_at() + $5 * interval '1 second')
           returning ms(expires_at) as "expiresAt"`,
          [
            invitation.id,
            invitation.sha256,
            operator.id,
            operator.invitedBy,
            invitation.ttlSeconds,
          ],
        );
        appendAudit(tx, [entry]);
        return { expiresAt: link?.expiresAt ?? 0 };
      }),
    setRole: (to, entry, approvalId) =>
      change(pool, (tx) => setRole(tx, { ...to, entry, approvalId })),
    remove: (id, entries) => change(pool, (tx) => remove(tx, id, entries)),
  };
}

/** Who invited somebody, as far as it says whether two are one person. */
async function inviters(pool: Pool): ReturnType<OperatorStore['inviters']> {
  const rows = await query(
    pool,
    `select ${OPERATOR_COLUMNS} from operators o
     where exists (select from operators i where i.invited_by = o.id)`,
  );
  return new Map(
    rows
      .map(toOperator)
      .map(({ id, createdAt, invitedBy, oidc }) => [
        id,
        { createdAt, proven: oidc !== undefined, ...(invitedBy ? { invitedBy } : {}) },
      ]),
  );
}

async function insertInvited(
  tx: Tx,
  operator: Pick<Operator, 'id' | 'name' | 'email' | 'role'> & { readonly invitedBy: string },
): Promise<void> {
  const rows = await query(
    tx,
    `insert into operators (id, name, email, role, state, invited_by, created_at)
     values ($1, $2, $3, $4, 'invited', $5, now_at())
     on conflict (email) where state <> 'removed' do nothing returning id`,
    [operator.id, operator.name, operator.email, operator.role, operator.invitedBy],
  );
  if (rows.length === 0) {
    throw conflict('An operator with this e-mail exists already. Remove that one first.');
  }
}

type Change = Narrowed<'unknown' | 'last_admin' | Operator>;

/** Done as a narrowing, whichever way it goes: what takes rights away is never refused for want of an entry. */
async function change(pool: Pool, work: (tx: Tx) => Promise<Change>): Promise<OperatorChange> {
  const { result, unrecorded } = await narrowing(pool, async (tx) => {
    await lockPeople(tx);
    return work(tx);
  });
  if (typeof result === 'string') return { kind: result };
  return { kind: 'done', operator: result, unrecorded };
}

interface RoleChange {
  readonly id: string;
  readonly role: OperatorRole;
  readonly notice: NoticeDraft;
  readonly entry: (before: OperatorRole) => AuditDraft;
  readonly approvalId: string | undefined;
}

async function setRole(tx: Tx, to: RoleChange): Promise<Change> {
  const { id, role, entry, approvalId } = to;
  const [before] = await query<{ role: OperatorRole }>(
    tx,
    `select role from operators where id = $1 and state <> 'removed'`,
    [id],
  );
  if (!before) return { result: 'unknown', entries: [] };
  if (role !== 'admin' && (await isPasskeyAdmin(tx, id))) {
    if (!(await adminRemains(tx, { operatorId: id }))) return { result: 'last_admin', entries: [] };
  }
  const rows = await query(
    tx,
    `update operators o set role = $2 where o.id = $1 returning ${OPERATOR_COLUMNS}`,
    [id, role],
  );
  const operator = toOperator(rows[0] ?? {});
  if (before.role === 'admin' && role !== 'admin') await endInvitations(tx, id);
  const used = approvalId ? [await useWidening(tx, approvalId, `operator:${id}`)] : [];
  if (before.role === role) return { result: operator, entries: used };
  await addNotice(tx, { ...to.notice, to: await adminAddresses(tx) });
  return { result: operator, entries: [...used, entry(before.role)] };
}

/** Those he made: nobody comes in on the word of somebody who may not invite any more. */
async function endInvitations(tx: Tx, by: string): Promise<void> {
  await query(
    tx,
    'update links set ended_at = now_at() where created_by = $1 and ended_at is null',
    [by],
  );
}

async function remove(
  tx: Tx,
  id: string,
  entries: (passkeys: readonly string[]) => readonly AuditDraft[],
): Promise<Change> {
  if ((await isPasskeyAdmin(tx, id)) && !(await adminRemains(tx, { operatorId: id }))) {
    return { result: 'last_admin', entries: [] };
  }
  const rows = await query(
    tx,
    `update operators o set state = 'removed', removed_at = now_at()
     where o.id = $1 and o.state <> 'removed' returning ${OPERATOR_COLUMNS}`,
    [id],
  );
  if (!rows[0]) return { result: 'unknown', entries: [] };
  const passkeys = await query<{ id: string }>(
    tx,
    `update passkeys set removed_at = now_at()
     where operator_id = $1 and removed_at is null returning id`,
    [id],
  );
  await query(
    tx,
    `update sessions set ended_at = now_at(), end_reason = 'operator removed'
     where operator_id = $1 and ended_at is null`,
    [id],
  );
  await query(
    tx,
    'update links set ended_at = now_at() where operator_id = $1 and ended_at is null',
    [id],
  );
  await endInvitations(tx, id);
  return { result: toOperator(rows[0]), entries: entries(passkeys.map((passkey) => passkey.id)) };
}
