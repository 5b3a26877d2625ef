import type { Broker } from '../broker/context.ts';
import { findAgent } from '../broker/manage-agents.ts';
import type { RevocableTarget } from '../broker/revoke.ts';
import type { RevocationTarget } from '../contract/schemas/operate.ts';
import { invalidRequest } from '../domain/errors.ts';

/** What a body names; an agent may be named by its name. @throws notFound | invalidRequest */
export async function targetOf(broker: Broker, body: RevocationTarget): Promise<RevocableTarget> {
  if (body.all) return { kind: 'all' };
  if (body.agent !== undefined) {
    return { kind: 'agent', id: (await findAgent(broker, body.agent)).id };
  }
  for (const kind of ['task', 'grant', 'token', 'lease', 'resource'] as const) {
    const id = body[kind];
    if (id !== undefined) return { kind, id };
  }
  throw invalidRequest('Name what to revoke.');
}
