import type { Resource } from '../domain/resource.ts';
import type { LeavingTemplate } from '../ports/templates.ts';
import type { Broker } from './context.ts';

const SILENT_MS = 60_000;
const CLAIM_MS = 60_000;
const DROP_TIMEOUT_MS = 15_000;

/**
 * Gives up builds whose broker went away, and drops one version that nobody needs any more: failed, or
 * replaced and without a live sandbox. What cannot be dropped now is claimed again later.
 * @returns whether one was dropped
 */
export async function sweepTemplates(broker: Broker): Promise<boolean> {
  await broker.templates.giveUpSilent(SILENT_MS, ({ id, resource, name, version }) => ({
    actor: 'broker',
    action: 'template.failed',
    subject: id,
    detail: { resource, template: name, version, cause: 'builder_silent' },
  }));
  const [leaving] = await broker.templates.claimLeaving(1, CLAIM_MS);
  if (!leaving) return false;
  await drop(broker, leaving);
  return true;
}

async function drop(broker: Broker, template: LeavingTemplate): Promise<void> {
  const resource = reachable(broker, template);
  const provider = broker.providers.get(resource.kind);
  const root = await broker.secrets.read(template.secret);
  const signal = AbortSignal.timeout(DROP_TIMEOUT_MS);
  await provider?.dropTemplate?.({ resource, root, signal, template });
  await broker.templates.dropped(template.id, {
    actor: 'broker',
    action: 'template.dropped',
    subject: template.id,
    detail: { resource: template.resource, template: template.name, database: template.database },
  });
}

/** The resource as it was when the version was built, as far as it takes to get there. */
function reachable(broker: Broker, { resource: name, secret }: LeavingTemplate): Resource {
  const now = broker.policy.resource(name);
  if (now?.connection.url.secret === secret) return now;
  return {
    name,
    kind: 'postgres',
    environment: { name: '', protected: false },
    owner: '',
    connection: { url: { secret }, accept: [] },
    scopes: new Map(),
  };
}
