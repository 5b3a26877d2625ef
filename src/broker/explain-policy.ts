import type { Hint } from '../domain/decision.ts';
import { decisionContext } from '../policy/context.ts';
import { type Explanation, explain } from '../policy/explain.ts';
import { hintFor } from '../policy/hint.ts';
import type { Broker } from './context.ts';
import { findAgent } from './manage-agents.ts';

export interface ExplainRequest {
  /** Agent id or name. */
  readonly agent: string;
  readonly scope: string;
  readonly context: {
    readonly verified_ticket?: string | undefined;
    readonly purpose?: string | undefined;
    readonly ticket?: string | undefined;
  };
}

/** Why would this agent get, or not get, this scope under the active bundle? @throws notFound */
export async function explainPolicy(
  broker: Broker,
  request: ExplainRequest,
): Promise<Explanation & { readonly agentId: string; readonly hint?: Hint }> {
  const agent = await findAgent(broker, request.agent);
  const policy = broker.policy.current();
  const now = broker.clock.now();
  const { verified_ticket: verifiedTicket, purpose, ticket } = request.context;
  const question = {
    agent: { id: agent.id, teams: agent.teams },
    scope: request.scope,
    context: decisionContext({
      now,
      task: {
        id: 'tsk_assumed',
        openedBy: verifiedTicket === undefined ? 'agent' : 'operator',
        openedAt: now,
        verifiedTicket,
      },
      claimed: { purpose, ticket },
    }),
  };
  const explanation = explain(policy, question);
  const { decision } = explanation;
  return {
    ...explanation,
    agentId: agent.id,
    ...(decision.outcome === 'allow' ? {} : { hint: hintFor(policy, question, decision) }),
  };
}
