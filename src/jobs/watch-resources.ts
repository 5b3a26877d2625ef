import type { AuditDraft } from '../audit/entry.ts';
import type { Broker } from '../broker/context.ts';
import { revoke } from '../broker/revoke.ts';
import { leaseIdOf } from '../domain/lease.ts';
import type { Job } from './schedule.ts';

/** Well below the time after which a job is late: one resource that hangs must not make the broker unready. */
const TIMEOUT_MS = 5_000;

/**
 * The watchdog round: at each resource with leases, the provider cancels overlong statements and
 * undoes what a lease did to its own role. What it did is recorded and counted.
 */
export function watchResourcesJob(
  broker: Broker,
  everyMs: number,
  onAlarm: (resource: string, error: unknown) => void,
): Job {
  return {
    name: 'watchdog',
    everyMs,
    run: async () => {
      const names = await broker.leases.resourcesInUse();
      await Promise.all(
        names.map((name) => watchOne(broker, name).catch((error: unknown) => onAlarm(name, error))),
      );
    },
  };
}

async function watchOne(broker: Broker, name: string): Promise<void> {
  const resource = broker.policy.resource(name);
  const provider = resource && broker.providers.get(resource.kind);
  if (!resource || !provider?.watch) return;
  const live = await broker.leases.liveOn(name);
  const root = await broker.secrets.read(resource.connection.url.secret);
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const actions = await provider.watch({ resource, root, signal }, live);
  if (actions.length === 0) return;
  for (const action of actions) {
    broker.meter.count('watchdog', action.kind);
    if (action.kind === 'size_exceeded') await endOversized(broker, action.outsideName);
  }
  await broker.auditLog.append(
    actions.map(
      (action): AuditDraft => ({
        actor: 'broker',
        action: 'lease.watchdog',
        subject: `resource:${name}`,
        detail: { kind: action.kind, outside_name: action.outsideName, what: action.detail },
      }),
    ),
  );
}

/** Locked out already; the database goes with the lease. */
async function endOversized(broker: Broker, outsideName: string): Promise<void> {
  const id = leaseIdOf(broker.installation, outsideName);
  if (id === undefined) return;
  const reason = 'the sandbox grew over its size';
  await revoke(broker, { target: { kind: 'lease', id }, reason, actor: 'broker' });
}
