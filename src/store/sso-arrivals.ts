import type { Operator } from '../domain/operator.ts';
import type { Arrived, SsoArrival, SsoArrivals } from '../ports/sso-arrivals.ts';
import { appendAudit } from './audit-append.ts';
import { lockPeople } from './people-lock.ts';
import { type Pool, query, type Tx, transaction } from './pool.ts';
import { OPERATOR_COLUMNS, toOperator } from './rows.ts';
import { insertSession } from './sessions.ts';

export function createSsoArrivals(pool: Pool): SsoArrivals {
  return {
    arrive: (arrival, session, entries) =>
      transaction(pool, async (tx) => {
        await lockPeople(tx);
        const arrived = await recognise(tx, arrival);
        if (arrived === undefined) return undefined;
        const operatorId = arrived.operator.id;
        const passkeys = await query(
          tx,
          'select 1 from passkeys where operator_id = $1 and removed_at is null limit 1',
          [operatorId],
        );
        // Whoever has no passkey yet cannot step up by one: the first is registered on this sign-in.
        await insertSession(tx, { ...session, operatorId }, passkeys.length === 0);
        appendAudit(tx, entries(arrived));
        return arrived.operator;
      }),
  };
}

async function recognise(tx: Tx, arrival: SsoArrival): Promise<Arrived | undefined> {
  const { iss, sub } = arrival.oidc;
  const known = await one(tx, 'o.oidc_iss = $1 and o.oidc_sub = $2', [iss, sub]);
  if (known && known.state !== 'removed') return update(tx, known, arrival, 'known');
  const { email } = arrival;
  if (email === undefined) return undefined;
  const same = await one(tx, 'o.email = $1', [email]);
  if (same && same.state !== 'removed' && !same.oidc) {
    // The invitation may be over, by time or because who made it was removed.
    const mayCome = same.state === 'active' || (await isInvited(tx, same.id));
    return mayCome ? update(tx, same, arrival, 'linked') : undefined;
  }
  // An account that was taken away, which only an invitation opens again; or somebody else's address.
  return known || same ? undefined : insert(tx, arrival, email);
}

async function isInvited(tx: Tx, operatorId: string): Promise<boolean> {
  const rows = await query(
    tx,
    `select 1 from links where operator_id = $1 and ended_at is null and expires_at > now_at()`,
    [operatorId],
  );
  return rows.length > 0;
}

/** The newest one, one that is not removed first. */
async function one(
  tx: Tx,
  where: string,
  values: readonly string[],
): Promise<Operator | undefined> {
  const rows = await query(
    tx,
    `select ${OPERATOR_COLUMNS} from operators o where ${where}
     order by (o.state = 'removed'), o.id desc limit 1`,
    values,
  );
  return rows[0] && toOperator(rows[0]);
}

async function update(
  tx: Tx,
  before: Operator,
  { oidc, role }: SsoArrival,
  how: Arrived['how'],
): Promise<Arrived | undefined> {
  const next = before.roleFromSso ? role : before.role;
  if (next === undefined) return undefined;
  const rows = await query(
    tx,
    `update operators o set oidc_iss = $2, oidc_sub = $3, oidc_groups = $4, role = $5, state = 'active'
     where o.id = $1 returning ${OPERATOR_COLUMNS}`,
    [before.id, oidc.iss, oidc.sub, oidc.groups, next],
  );
  // An invitation has done its work, whichever way its operator came in.
  await query(
    tx,
    'update links set ended_at = now_at() where operator_id = $1 and ended_at is null',
    [before.id],
  );
  return { operator: toOperator(rows[0] ?? {}), how, before };
}

async function insert(tx: Tx, arrival: SsoArrival, email: string): Promise<Arrived | undefined> {
  const { id, name, oidc, role } = arrival;
  if (role === undefined) return undefined;
  const rows = await query(
    tx,
    `insert into operators as o (id, name, email, oidc_iss, oidc_sub, oidc_groups, role, role_from_sso,
       state, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, true, 'active', now_at()) returning ${OPERATOR_COLUMNS}`,
    [id, name, email, oidc.iss, oidc.sub, oidc.groups, role],
  );
  return { operator: toOperator(rows[0] ?? {}), how: 'new', before: undefined };
}
