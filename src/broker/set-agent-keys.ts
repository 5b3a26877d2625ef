import type { Agent, KeySource } from '../domain/agent.ts';
import { fileManaged, notFound } from '../domain/errors.ts';
import type { OperatorPrincipal } from '../domain/principal.ts';
import type { Broker } from './context.ts';
import { findAgent, refuseBadKeys } from './manage-agents.ts';
import { journal } from './record.ts';
import { cascade } from './revoke.ts';

/**
 * Replaces an agent's public keys. What goes, goes first, with all that was minted under it, and even
 * where the audit cannot take an entry; what is new comes after that, with its entry or not at all.
 *
 * @throws invalidRequest | notFound | fileManaged
 */
export async function setAgentKeys(
  broker: Broker,
  operator: OperatorPrincipal,
  id: string,
  keys: KeySource,
): Promise<Agent> {
  refuseBadKeys(broker, keys);
  const agent = await findAgent(broker, id);
  if (agent.managedBy === 'bundle') throw fileManaged(`The agent ${agent.name}`);
  const { kept, remaining, gains } = keyChange(broker, agent, keys);
  const entry = (source: KeySource) => ({
    actor: operator.id,
    action: 'agent.keys_set' as const,
    subject: agent.id,
    detail: { keys: broker.clientProofs.describe(source) },
  });
  if (remaining && kept) {
    const left = gains ? remaining : keys;
    const taken = await broker.agents.withdrawKeys(agent.id, left, kept, entry(left));
    if (!taken.found) throw notFound('Agent');
    journal(broker, taken.unrecorded);
    await endUnproven(broker, agent.id, operator.id);
    if (!gains) return findAgent(broker, agent.id);
  }
  const updated = await broker.agents.replaceKeys(agent.id, keys, kept, entry(keys));
  if (!updated) throw notFound('Agent');
  await broker.feed.catchUp();
  return updated;
}

/** Ends what an agent's lost credentials had proven; the store has marked them as lost. */
export async function endUnproven(broker: Broker, agentId: string, actor: string): Promise<void> {
  const reason = 'what it was proven by was taken away';
  await cascade(broker, { target: { kind: 'proofs', id: agentId }, reason, actor });
}

interface KeyChange {
  /** Proofs that stay good; undefined where nothing is known to change: the same document. */
  readonly kept: readonly string[] | undefined;
  /** What is left of the old keys; undefined where all of them stay. */
  readonly remaining: KeySource | undefined;
  readonly gains: boolean;
}

function keyChange({ clientProofs }: Broker, old: KeySource, keys: KeySource): KeyChange {
  if (old.jwksUri !== undefined && old.jwksUri === keys.jwksUri) {
    return { kept: undefined, remaining: undefined, gains: true };
  }
  const before = clientProofs.proofsOf(old);
  const kept = clientProofs.proofsOf(keys);
  // Which keys a document holds is its owner's to say: leaving it, or going to it, keeps none.
  const stays = (key: Record<string, unknown>) =>
    clientProofs.proofsOf({ jwks: { keys: [key] } }).some((proof) => kept.includes(proof));
  const loses = old.jwksUri !== undefined || before.some((proof) => !kept.includes(proof));
  return {
    kept,
    remaining: loses ? { jwks: { keys: (old.jwks?.keys ?? []).filter(stays) } } : undefined,
    gains: keys.jwksUri !== undefined || kept.some((proof) => !before.includes(proof)),
  };
}
