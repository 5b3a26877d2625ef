import { createHash, randomBytes } from 'node:crypto';
import type { AuditAction } from '../audit/entry.ts';
import type { Agent, ResourceServer } from '../domain/agent.ts';
import { conflict, fileManaged, notFound } from '../domain/errors.ts';
import type { OperatorPrincipal } from '../domain/principal.ts';
import { Secret } from '../domain/secret.ts';
import type { ClientSecretStore } from '../ports/agents.ts';
import type { Broker } from './context.ts';
import { findAgent } from './manage-agents.ts';
import { journal } from './record.ts';
import { endUnproven } from './set-agent-keys.ts';

export type ClientKind = 'agent' | 'resource_server';

export interface NewClientSecret {
  readonly clientId: string;
  readonly secretId: string;
  /** Shown once and kept nowhere. */
  readonly secret: Secret;
}

/**
 * Makes a secret for a client, in place of the one before: that one, and what it had proven, end at once.
 *
 * @param idOrName of an agent, or the id of a resource server
 * @throws conflict where client secrets are off | notFound | fileManaged
 */
export async function setClientSecret(
  broker: Broker,
  operator: OperatorPrincipal,
  kind: ClientKind,
  idOrName: string,
): Promise<NewClientSecret> {
  const { client, store } = await find(broker, kind, idOrName);
  if (!broker.clientSecrets) {
    throw conflict('Client secrets are off here. COUNTERSIGN_CLIENT_SECRETS=true turns them on.');
  }
  if ('managedBy' in client && client.managedBy === 'bundle') {
    throw fileManaged(`The agent ${client.name}`);
  }
  // Recognisable, so that secret scanners find a leaked one; 256 random bits.
  const secret = new Secret(`cst_cl_${randomBytes(32).toString('base64url')}`);
  const id = broker.newId('clientSecret');
  const sha256 = createHash('sha256').update(secret.reveal()).digest('hex');
  const entry = entryOf(operator, `${kind}.secret_set`, client.id, id);
  if (!(await store.set(client.id, { id, sha256 }, entry))) throw notFound('Client');
  await settle(broker, operator, kind, client.id);
  return { clientId: client.id, secretId: id, secret };
}

/** Takes a client's secret away, with what it had proven; done already is done. @throws notFound */
export async function removeClientSecret(
  broker: Broker,
  operator: OperatorPrincipal,
  kind: ClientKind,
  idOrName: string,
): Promise<void> {
  const { client, store } = await find(broker, kind, idOrName);
  if (!client.clientSecret) return;
  const { id } = client.clientSecret;
  const entry = entryOf(operator, `${kind}.secret_removed`, client.id, id);
  journal(broker, (await store.remove(client.id, entry)).unrecorded);
  await settle(broker, operator, kind, client.id);
}

async function find(
  broker: Broker,
  kind: ClientKind,
  idOrName: string,
): Promise<{ client: Agent | ResourceServer; store: ClientSecretStore }> {
  if (kind === 'agent') {
    return { client: await findAgent(broker, idOrName), store: broker.agents.secrets };
  }
  const client = await broker.resourceServers.find(idOrName);
  if (!client) throw notFound('Resource server');
  return { client, store: broker.resourceServers.secrets };
}

function entryOf(
  operator: OperatorPrincipal,
  action: AuditAction,
  subject: string,
  secret: string,
) {
  return { actor: operator.id, action, subject, detail: { secret } };
}

async function settle(
  broker: Broker,
  operator: OperatorPrincipal,
  kind: ClientKind,
  clientId: string,
): Promise<void> {
  // Resource servers hold no tokens.
  if (kind === 'agent') await endUnproven(broker, clientId, operator.id);
  else await broker.feed.catchUp();
}
