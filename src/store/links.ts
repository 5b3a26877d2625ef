import type { AuditDraft } from '../audit/entry.ts';
import type { Link, LinkAcceptance, LinkStore } from '../ports/links.ts';
import { appendAudit } from './audit-append.ts';
import { anyEver, insertPasskey } from './passkeys.ts';
import { lockPeople } from './people-lock.ts';
import { type Pool, query, type Tx, transaction } from './pool.ts';
import { OPERATOR_COLUMNS, toOperator } from './rows.ts';
import { insertSession } from './sessions.ts';

/** Good links: a set-up link only while nobody ever registered a passkey. */
const GOOD = `l.ended_at is null and l.expires_at > now_at()
  and (l.kind <> 'set_up' or not exists (select from passkeys))`;

type Outcome = Awaited<ReturnType<LinkStore['accept']>>;

/** Thrown to undo what an acceptance had done so far. */
class Refused extends Error {
  readonly outcome: Outcome;
  constructor(outcome: Outcome) {
    super(outcome);
    this.outcome = outcome;
  }
}

export function createLinkStore(pool: Pool): LinkStore {
  return {
    find: (sha256) => find(pool, sha256),
    issueSetUp: (link, entry) =>
      transaction(pool, async (tx) => {
        await lockPeople(tx);
        if (await anyEver(tx)) return undefined;
        await query(
          tx,
          `update links set ended_at = now_at() where kind = 'set_up' and ended_at is null`,
        );
        const rows = await query<{ expiresAt: number }>(
          tx,
          `insert into links (id, kind, sha256, created_by, created_at, expires_at)
           values ($1, 'set_up', $2, $3, now_at(), now_at() + $4 * interval '1 second')
           returning ms(expires_at) as "expiresAt"`,
          [link.id, link.sha256, link.createdBy, link.ttlSeconds],
        );
        appendAudit(tx, [entry]);
        return rows[0];
      }),
    accept: async (acceptance, entries) => {
      try {
        return await transaction(pool, (tx) => accept(tx, acceptance, entries));
      } catch (error) {
        if (error instanceof Refused) return error.outcome;
        throw error;
      }
    },
  };
}

async function find(pool: Pool, sha256: Buffer): Promise<Link | undefined> {
  const [row] = await query<
    Omit<Link, 'operator'> & Record<string, unknown> & { operator: Record<string, unknown> | null }
  >(
    pool,
    `select l.id, l.kind, ms(l.expires_at) as "expiresAt",
       (select row_to_json(y) from operators o, lateral (select ${OPERATOR_COLUMNS}) y
        where o.id = l.operator_id) as operator
     from links l where l.sha256 = $1 and ${GOOD}`,
    [sha256],
  );
  if (!row) return undefined;
  const { id, kind, expiresAt, operator } = row;
  return { id, kind, expiresAt, ...(operator ? { operator: toOperator(operator) } : {}) };
}

async function accept(
  tx: Tx,
  acceptance: LinkAcceptance,
  entries: readonly AuditDraft[],
): Promise<Outcome> {
  await lockPeople(tx);
  const used = await query(
    tx,
    `update links l set ended_at = now_at() where l.id = $1 and l.kind = $2 and ${GOOD} returning 1`,
    [acceptance.linkId, acceptance.kind],
  );
  if (used.length === 0) throw new Refused('link_invalid');
  await activate(tx, acceptance);
  const { operator, passkey, session } = acceptance;
  const added = await insertPasskey(tx, { ...passkey, operatorId: operator.id });
  if (!added) throw new Refused('passkey_taken');
  await insertSession(tx, session, true);
  appendAudit(tx, entries);
  return 'done';
}

/** Makes the first admin, or the invited operator active. */
async function activate(tx: Tx, { kind, operator }: LinkAcceptance): Promise<void> {
  if (kind === 'set_up') {
    const made = await query(
      tx,
      `insert into operators (id, name, email, role, state, created_at)
       values ($1, $2, $3, 'admin', 'active', now_at())
       on conflict (email) where state <> 'removed' do nothing returning 1`,
      [operator.id, operator.name, operator.email],
    );
    if (made.length === 0) throw new Refused('email_taken');
    return;
  }
  const joined = await query(
    tx,
    `update operators set state = 'active', name = $2 where id = $1 and state = 'invited' returning 1`,
    [operator.id, operator.name],
  );
  if (joined.length === 0) throw new Refused('link_invalid');
}
