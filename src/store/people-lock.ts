import { query, type Tx } from './pool.ts';

/**
 * Whoever changes operators or passkeys takes this first, alone: two changes that are each harmless must
 * not take the last admin away together, and set-up must close for whoever comes second.
 */
export async function lockPeople(tx: Tx): Promise<void> {
  await query(tx, `select pg_advisory_xact_lock(hashtext('countersign.people'))`);
}

/** Whether an admin with a passkey is left when these are gone. Under {@link lockPeople}. */
export async function adminRemains(
  tx: Tx,
  without: { readonly operatorId?: string; readonly passkeyId?: string },
): Promise<boolean> {
  const rows = await query(
    tx,
    `select 1 from operators o join passkeys p on p.operator_id = o.id and p.removed_at is null
     where o.state = 'active' and o.role = 'admin'
       and o.id is distinct from $1 and p.id is distinct from $2 limit 1`,
    [without.operatorId ?? null, without.passkeyId ?? null],
  );
  return rows.length > 0;
}

/** Whether this operator is an admin who can sign in by a passkey. */
export async function isPasskeyAdmin(tx: Tx, operatorId: string): Promise<boolean> {
  const rows = await query(
    tx,
    `select 1 from operators o join passkeys p on p.operator_id = o.id and p.removed_at is null
     where o.id = $1 and o.state = 'active' and o.role = 'admin' limit 1`,
    [operatorId],
  );
  return rows.length > 0;
}

/** Where admins are told what concerns all of them. */
export async function adminAddresses(tx: Tx): Promise<string[]> {
  const rows = await query<{ email: string }>(
    tx,
    "select email from operators where state = 'active' and role = 'admin' order by id",
  );
  return rows.map(({ email }) => email);
}
