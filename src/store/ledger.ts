import type { AuditDraft } from '../audit/entry.ts';
import { isBrokerError, rateLimited } from '../domain/errors.ts';
import type { AssertionUse, Ledger, MintItem, MintOutcome } from '../ports/ledger.ts';
import type { TokenStatus } from '../ports/tasks.ts';
import { appendAudit } from './audit-append.ts';
import { createBatcher } from './batcher.ts';
import { HOLD_GATE } from './feed-event.ts';
import { tokenStatusSql, toStatus } from './grants.ts';
import { insertMints } from './ledger-insert.ts';
import { judge, MARK_USED, readStanding } from './ledger-standing.ts';
import { type Pool, query, transaction } from './pool.ts';
import { takeApprovals } from './use-approval.ts';

/**
 * Each commit has its price at the disk, at the audit's head and in round trips, so mints set out in
 * large batches: a second one beside the first only when it is nearly half as large as one may be.
 * `largest` bounds how long the head is locked.
 */
const MINTS = { largest: 64, lanes: 2, worthwhile: 28 };
/** These lock nothing: the sooner the better. */
const INTROSPECTIONS = { largest: 32, lanes: 3 };

interface Introspection {
  readonly use: AssertionUse;
  readonly jti: string | undefined;
}
type Introspected = { fresh: boolean; status: TokenStatus | undefined };

export function createLedger(pool: Pool): Ledger {
  const full = () => rateLimited(1);
  // The store being away is nobody's doing; whatever else goes wrong need not hit the neighbours.
  const mayBeOne = (error: unknown) => !isBrokerError(error);
  const mints = createBatcher<MintItem, MintOutcome>({
    ...MINTS,
    run: (items) => mintBatch(pool, items),
    full,
    mayBeOne,
  });
  const introspections = createBatcher<Introspection, Introspected>({
    ...INTROSPECTIONS,
    run: (items) => introspectBatch(pool, items),
    full,
    mayBeOne,
  });
  return {
    mint: (item) => mints.add(item.agentId, item),
    useAssertion: async (use) =>
      (await introspections.add(use.clientId, { use, jti: undefined })).fresh,
    introspect: (use, jti) => introspections.add(use.clientId, { use, jti }),
  };
}

/**
 * One transaction for all: mark assertions and read the standing under lock, judge each item by
 * itself; then, in one go, insert what passed as sets, append the audit, commit.
 */
function mintBatch(pool: Pool, items: readonly MintItem[]): Promise<MintOutcome[]> {
  return transaction(
    pool,
    async (tx) => {
      const standing = await readStanding(tx, items);
      const judged = items.map((item) => judge(item, standing));
      const outcomes = await takeApprovals(tx, items, judged);
      const passed = items.filter((_, index) => outcomes[index]?.kind === 'committed');
      insertMints(tx, passed);
      const entries: AuditDraft[] = [];
      items.forEach((item, index) => {
        const outcome = outcomes[index] ?? { kind: 'changed' };
        entries.push(...entriesOf(item, outcome));
      });
      if (entries.length > 0) appendAudit(tx, entries);
      return outcomes;
    },
    HOLD_GATE,
  );
}

/** A replay is an unauthenticated request: counted, not chained. `changed` is decided again. */
function entriesOf(item: MintItem, outcome: MintOutcome): readonly AuditDraft[] {
  switch (outcome.kind) {
    case 'committed':
      return item.approval ? [item.approval.entry, item.entry] : [item.entry];
    case 'replayed':
    case 'changed':
      return [];
    case 'stopped':
      return [item.refusal(`stopped:${outcome.stopId}`)];
    case 'suspended':
    case 'task_ended':
    case 'approval_over':
      return [item.refusal(outcome.kind)];
  }
}

const INTROSPECT = {
  name: 'introspect',
  text: `with used as (${MARK_USED})
   select client_id as "usedBy", jti as "usedJti", null::json as status from used
   union all
   select null, null, row_to_json(s) from (${tokenStatusSql('$2')}) s`,
};

/** Either a marked assertion or the status of a token. */
interface IntrospectionRow extends Record<string, unknown> {
  usedBy: string;
  usedJti: string | null;
  status: Record<string, unknown>;
}

async function introspectBatch(
  pool: Pool,
  items: readonly Introspection[],
): Promise<Introspected[]> {
  const fresh = new Set<string>();
  // Two of one batch may carry the same assertion: the set of keys sees it once.
  const rows = await query<IntrospectionRow>(pool, INTROSPECT, [
    JSON.stringify(items.map((item) => item.use)),
    items.flatMap((item) => (item.jti === undefined ? [] : [item.jti])),
  ]);
  const statuses = new Map<string, TokenStatus>();
  for (const row of rows) {
    if (row.usedJti !== null) fresh.add(`${row.usedBy}\n${row.usedJti}`);
    else {
      const status = toStatus(row.status);
      statuses.set(status.token.jti, status);
    }
  }
  return items.map((item) => ({
    fresh: fresh.delete(`${item.use.clientId}\n${item.use.jti}`),
    status: item.jti === undefined ? undefined : statuses.get(item.jti),
  }));
}
