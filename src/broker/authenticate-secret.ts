import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Agent, type ResourceServer, secretProof } from '../domain/agent.ts';
import { invalidClient } from '../domain/errors.ts';
import { isId } from '../domain/ids.ts';
import type { Secret } from '../domain/secret.ts';
import type { Broker } from './context.ts';

/** What came by `client_secret_basic` (RFC 6749 §2.3.1), decoded. */
export interface BasicCredentials {
  readonly clientId: string;
  readonly secret: Secret;
}

type SecretHolder = { readonly provenBy: string } & (
  | { readonly type: 'agent'; readonly agent: Agent }
  | { readonly type: 'resource_server'; readonly server: ResourceServer }
);

/** Compared with where there is nothing to compare with: the hash of no text anybody has. */
const NOBODYS = randomBytes(32);

/**
 * Who has this secret. Read from the store each time, whether the client is known or not: what this
 * process keeps in memory must not show in how long it takes, and a replaced secret ends everywhere.
 *
 * @throws invalidClient with one text for every reason (row T4)
 */
export async function authenticateSecret(
  broker: Pick<Broker, 'agents' | 'resourceServers' | 'clientSecrets'>,
  { clientId, secret }: BasicCredentials,
): Promise<SecretHolder> {
  if (!broker.clientSecrets) throw invalidClient();
  const isServer = isId('resourceServer', clientId);
  const server = isServer ? await broker.resourceServers.find(clientId) : undefined;
  const agent = isServer ? undefined : await broker.agents.find(clientId);
  const known = (server ?? agent)?.clientSecret;
  const expected = known ? Buffer.from(known.sha256, 'hex') : NOBODYS;
  const presented = createHash('sha256').update(secret.reveal()).digest();
  if (!timingSafeEqual(presented, expected) || !known) throw invalidClient();
  const provenBy = secretProof(known.id);
  if (agent) return { type: 'agent', agent, provenBy };
  if (server) return { type: 'resource_server', server, provenBy };
  throw invalidClient();
}
