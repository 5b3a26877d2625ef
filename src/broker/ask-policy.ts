import type { Effect } from '../domain/effect.ts';
import { notFound } from '../domain/errors.ts';
import type { KnownAgent } from '../policy/diff.ts';
import { type Told, type WhatCanRow, whatCan, type WhoCanRow, whoCan } from '../policy/who-can.ts';
import type { Broker } from './context.ts';
import { findAgent } from './manage-agents.ts';

const PAGE = 1_000;

/** Every agent of the store, as far as rules can see it. */
export async function knownAgents(broker: Pick<Broker, 'agents'>): Promise<KnownAgent[]> {
  const known: KnownAgent[] = [];
  let before: string | undefined;
  for (;;) {
    const page = await broker.agents.list({ limit: PAGE, ...(before ? { before } : {}) });
    for (const { id, name, teams, managedBy, state } of page) {
      known.push({ id, name, teams, managedBy, retired: state === 'retired' });
    }
    before = page.at(-1)?.id;
    if (page.length < PAGE) return known;
  }
}

/** Who gets this scope under the active bundle. @param action the scope's own effect unless said @throws notFound */
export async function askWhoCan(
  broker: Broker,
  scopeId: string,
  action?: Effect,
): Promise<Told<WhoCanRow> & { readonly scope: string; readonly action: Effect }> {
  const policy = broker.policy.current();
  const scope = policy.bundle.scopes.get(scopeId);
  if (!scope) throw notFound('Scope');
  const asked = { scope: scope.id, action: action ?? scope.effect };
  return { ...asked, ...whoCan(policy, await knownAgents(broker), asked) };
}

/** What this agent gets under the active bundle. @param agent id or name @throws notFound */
export async function askWhatCan(broker: Broker, agent: string) {
  const { id, name, teams, state } = await findAgent(broker, agent);
  const policy = broker.policy.current();
  const { items, notes } =
    state === 'retired' ? { items: [], notes: [] } : whatCan(policy, { id, teams });
  return {
    agent: { id, name, teams: [...teams] },
    items: items.flatMap((row: WhatCanRow) => {
      const resource = policy.bundle.resources.get(row.scope.split(':', 1)[0] ?? '');
      if (!resource) return [];
      const { name: environment, protected: guarded } = resource.environment;
      return [{ ...row, resource: resource.name, environment, protected: guarded }];
    }),
    notes,
  };
}
