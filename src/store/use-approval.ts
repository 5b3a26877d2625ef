import type { MintItem, MintOutcome } from '../ports/ledger.ts';
import { query, type Tx } from './pool.ts';
import { wake } from './wakeup.ts';

/** What is to be done once, because persons approved exactly it. */
export interface ApprovalUse {
  readonly id: string;
  readonly agentId?: string;
  readonly operationDigest: string;
  readonly termsDigest: string;
  /** Id of what it is used for. */
  readonly usedBy: string;
}

const USE = {
  name: 'use-approvals',
  text: `with wanted as (
       select distinct on (id) * from json_to_recordset($1::json) as w(id text, "agentId" text,
         "operationDigest" text, "termsDigest" text, "usedBy" text)),
     held as (
       select a.id from approvals a where a.id in (select id from wanted)
         and a.state = 'approved' and a.expires_at > now_at() order by a.id for update)
   update approvals a set state = 'used', used_by = w."usedBy"
   from wanted w join held h on h.id = w.id
   where a.id = w.id and a.agent_id is not distinct from w."agentId"
     and a.operation_digest = w."operationDigest" and a.terms_digest = w."termsDigest"
   returning a.id`,
};

/**
 * Takes approvals in the transaction that does what they allow: each goes from `approved` to `used` once, whoever
 * else tries at the same time, in whatever process.
 *
 * @returns ids of those that were taken; do nothing for any other
 */
export async function useApprovals(tx: Tx, uses: readonly ApprovalUse[]): Promise<Set<string>> {
  const rows = await query<{ id: string }>(tx, USE, [JSON.stringify(uses)]);
  const taken = rows.map(({ id }) => id);
  wake(
    tx,
    taken.map((id) => `approval:${id}` as const),
  );
  return new Set(taken);
}

/**
 * The outcomes of a batch of mints, now that approvals were taken for those that passed. Costs nothing where
 * no mint has one.
 */
export async function takeApprovals(
  tx: Tx,
  items: readonly MintItem[],
  outcomes: readonly MintOutcome[],
): Promise<MintOutcome[]> {
  const uses = items.flatMap(({ approval, agentId }, at) =>
    approval && outcomes[at]?.kind === 'committed' ? [{ ...approval, agentId }] : [],
  );
  if (uses.length === 0) return [...outcomes];
  const taken = await useApprovals(tx, uses);
  return outcomes.map((outcome, at) => {
    const id = items[at]?.approval?.id;
    // Out of the set: of two in one batch the first has it.
    if (id === undefined || outcome.kind !== 'committed' || taken.delete(id)) return outcome;
    return { kind: 'approval_over' };
  });
}
