import { query, type Tx } from './pool.ts';

/**
 * SQL: is a token (alias `t`) dead because what proved its agent is gone? A token that does not say by
 * what it was proven is from before that was kept, and counts as proven by a key. An expression and no
 * function: the server would not take it into the statement, and every use of a token asks.
 */
export const proofIsGone = (t: string): string =>
  `exists (select from proof_cuts c where c.agent_id = ${t}.agent_id
     and coalesce(${t}.agent_version, 0) < c.version
     and split_part(coalesce(${t}.proven_by, 'key:'), ':', 1) = c.kind
     and (${t}.proven_by is null or ${t}.proven_by <> all (c.kept)))`;

/**
 * Marks that an agent loses what it could prove itself by: from here on, whatever was minted before and
 * proven by one of that kind refuses, unless it is kept. To be followed by a cascade over `proofs`.
 * Under the gate, and before the agent's version grows.
 */
export async function cutProofs(
  tx: Tx,
  agentId: string,
  kind: 'key' | 'secret',
  kept: readonly string[],
): Promise<void> {
  await query(
    tx,
    `insert into proof_cuts (agent_id, version, kind, kept)
     select id, version + 1, $2, $3 from agents where id = $1
     on conflict do nothing`,
    [agentId, kind, kept],
  );
}
