import type { Agent } from '../domain/agent.ts';
import { invalidClient, oauthError } from '../domain/errors.ts';
import type { MintItem, MintOutcome } from '../ports/ledger.ts';
import type { AssertionUse } from '../ports/ledger.ts';
import { authenticateClient, type ClientAuthentication } from './authenticate-client.ts';
import type { Broker } from './context.ts';

/** The agent that asks at the token endpoint, and which of its credentials proved it. */
export interface Authenticated {
  readonly agent: Agent;
  readonly provenBy: string;
}

/** The assertion that is used up by this request; undefined once it is marked. */
export interface Mark {
  use: AssertionUse | undefined;
}

/**
 * Runs a request of an agent. A used assertion is marked whatever the outcome, so that none works twice: by
 * the transaction of what was asked for, or here when there was none.
 *
 * @throws invalidClient | unauthorized_client, and whatever `work` throws
 */
export async function withAgent<T>(
  broker: Broker,
  assertion: ClientAuthentication,
  work: (authenticated: Authenticated, mark: Mark) => Promise<T>,
): Promise<T> {
  const client = await authenticateClient(broker, assertion);
  const mark: Mark = { use: client.use };
  try {
    if (client.type !== 'agent') {
      throw oauthError('unauthorized_client', 'Resource servers introspect; they get no tokens.');
    }
    return await work(client, mark);
  } catch (error) {
    if (mark.use && !(await broker.ledger.useAssertion(mark.use))) throw invalidClient();
    throw error;
  }
}

/** Commits a mint. From here on the assertion is marked: `changed` comes back for another try without it. */
export async function commitMint(broker: Broker, item: MintItem, mark: Mark): Promise<MintOutcome> {
  const outcome = await broker.ledger.mint(item);
  mark.use = undefined;
  return outcome;
}

/**
 * After `changed`: this process forgets what it knew. The agent's keys may be what changed, so the assertion
 * must prove the agent as it is now.
 */
export async function lookAgain(
  broker: Broker,
  { agent }: Authenticated,
  assertion: ClientAuthentication,
): Promise<Authenticated> {
  broker.directory.forget(agent.id);
  await broker.policy.refresh();
  const again = await authenticateClient(broker, assertion);
  if (again.type !== 'agent') throw invalidClient();
  return again;
}
