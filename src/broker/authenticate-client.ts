import type { Agent, ResourceServer } from '../domain/agent.ts';
import { invalidClient } from '../domain/errors.ts';
import type { AssertionUse } from '../ports/ledger.ts';
import { authenticateSecret, type BasicCredentials } from './authenticate-secret.ts';
import type { Broker } from './context.ts';

/** How a client proves itself: a signed assertion, or its id and secret. */
export type ClientAuthentication = string | BasicCredentials;

/** `use` is absent where nothing is used up: a secret works again. */
export type AuthenticatedClient = { readonly use?: AssertionUse; readonly provenBy: string } & (
  | { readonly type: 'agent'; readonly agent: Agent }
  | { readonly type: 'resource_server'; readonly server: ResourceServer }
);

/**
 * Who signed this `private_key_jwt` (RFC 7523 §3), or has this secret. The assertion is not marked as used here: that
 * is durable work, and belongs into the transaction of what the client asked for.
 *
 * @throws invalidClient with one text for every reason (row T4)
 */
export async function authenticateClient(
  broker: Pick<
    Broker,
    'clientProofs' | 'directory' | 'agents' | 'resourceServers' | 'clientSecrets'
  >,
  assertion: ClientAuthentication,
): Promise<AuthenticatedClient> {
  if (typeof assertion !== 'string') return authenticateSecret(broker, assertion);
  let agent: Agent | undefined;
  let server: ResourceServer | undefined;
  const proof = await broker.clientProofs.prove(assertion, async (clientId) => {
    agent = await broker.directory.agent(clientId);
    if (agent) return agent;
    server = await broker.directory.resourceServer(clientId);
    return server && { ...server, version: 1 };
  });
  if (!proof) throw invalidClient();
  const use = { clientId: proof.clientId, jti: proof.jti, expiresAt: proof.expiresAt };
  const { provenBy } = proof;
  if (agent) return { type: 'agent', agent, use, provenBy };
  if (server) return { type: 'resource_server', server, use, provenBy };
  throw invalidClient();
}
