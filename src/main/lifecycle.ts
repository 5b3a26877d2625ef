import type { Server } from 'node:http';
import { formatHead } from '../audit/entry.ts';
import type { Broker } from '../broker/context.ts';
import type { ConsoleEvent, EventHub } from '../broker/event-hub.ts';
import { keepWitness } from '../broker/keep-witness.ts';
import type { Schedule } from '../jobs/schedule.ts';
import type { Config } from '../platform/config/config.ts';
import type { DecisionCache } from '../policy/decision-cache.ts';
import type { FeedEvent } from '../ports/feed.ts';
import type { SealedKeys } from './sealed-keys.ts';

export interface Lifecycle {
  /** Listens, follows the feed, runs the jobs. @returns the port */
  start(): Promise<number>;
  /** The reverse, letting running requests end. @returns the head of the audit, `seq:hash` */
  stop(): Promise<string | undefined>;
  /** Closes what `compose` opened; for one that was never started. */
  dispose(): Promise<void>;
}

interface Parts {
  readonly broker: Broker;
  readonly server: Server;
  readonly schedule: Schedule;
  readonly http: Config['http'];
  readonly cache: DecisionCache;
  readonly keys: SealedKeys;
  readonly signingKeys: readonly string[];
  readonly onPolicyError: (error: unknown) => void;
  readonly closePools: () => Promise<void>;
}

/** Milliseconds that running requests get to end at a stop. */
const GRACE_MS = 5_000;
/** Events after which leases may be waiting to be revoked. */
const ENDINGS = new Set(['agent', 'task', 'grant', 'token', 'lease', 'resource', 'all']);

export function createLifecycle(parts: Parts): Lifecycle {
  const { broker, server, schedule } = parts;
  const dispose = async () => {
    await Promise.all([...broker.providers.values()].map((provider) => provider.close()));
    await parts.closePools();
  };
  return {
    start: async () => {
      // Before anything else is written or served: is this the store that was served before?
      await keepWitness(broker);
      await broker.feed.start((event) => heed(parts, event));
      await broker.wakeups.start();
      broker.wakeups.listen((topic) => tellConsoles(broker.events, topic));
      // What changed between composing and listening.
      await parts.keys.reload();
      // A bundle that cannot be loaded keeps this broker from deciding, never from revoking.
      await broker.policy.refresh().catch(parts.onPolicyError);
      await broker.auditLog.append([
        {
          actor: 'broker',
          action: 'broker.started',
          subject: 'broker',
          detail: { issuer: broker.issuer, keys: parts.signingKeys },
        },
      ]);
      const port = await listen(server, parts.http);
      schedule.start();
      return port;
    },
    stop: async () => {
      // Before the server: whoever waits is answered, so that nobody's connection is cut.
      await broker.wakeups.stop();
      broker.events.close();
      await closeServer(server);
      await broker.templateBuilds.stop();
      await schedule.stop();
      const head = await broker.auditLog
        .append([{ actor: 'broker', action: 'broker.stopped', subject: 'broker', detail: {} }])
        .then(formatHead, () => undefined);
      await keepWitness(broker).catch(() => undefined);
      await broker.feed.stop();
      await dispose();
      return head;
    },
    dispose,
  };
}

/** What open consoles show of each event. */
const SHOWN: Partial<Record<FeedEvent['kind'], ConsoleEvent['kind']>> = {
  agent: 'agent',
  task: 'task',
  grant: 'task',
  token: 'task',
  lease: 'lease',
  resource: 'lease',
  all: 'lease',
  stop: 'stop',
  bundle: 'policy',
};

/** A lost wake-up may have been any: the console looks at all of them again. */
function tellConsoles(events: EventHub, topic: string | undefined): void {
  const [kind, id] = topic?.split(':', 2) ?? [];
  for (const one of ['approval', 'operation'] as const) {
    if (kind === undefined || kind === one) {
      events.publish({ kind: one, ...(id === undefined ? {} : { id }) });
    }
  }
}

/** What this process keeps in memory follows the feed. */
function heed({ broker, cache, schedule, keys }: Parts, event: FeedEvent): void {
  cache.drop();
  const shown = SHOWN[event.kind];
  if (shown) broker.events.publish({ kind: shown, id: event.target });
  if (keys.changed(event)) schedule.wake('signing-keys');
  if (event.kind === 'agent') broker.directory.forget(event.target);
  if (event.kind === 'secret' || event.kind === 'bundle') broker.health.forget();
  if (event.kind === 'bundle') schedule.wake('redecide');
  if (ENDINGS.has(event.kind)) schedule.wake('revoke');
}

function listen(server: Server, { host, port }: Config['http']): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // Those that answer just now are idle a moment later.
  const idle = setInterval(() => server.closeIdleConnections(), 25);
  const force = setTimeout(() => server.closeAllConnections(), GRACE_MS);
  await closed;
  clearInterval(idle);
  clearTimeout(force);
}
