import type { Server } from 'node:http';
import type { Logger } from 'pino';
import { formatHead } from '../audit/entry.ts';
import { createActivePolicy } from '../broker/active-policy.ts';
import type { Broker } from '../broker/context.ts';
import { createDirectory } from '../broker/directory.ts';
import { createResourceHealth } from '../broker/resource-health.ts';
import { createHttpServer } from '../api/server.ts';
import { ALGORITHMS } from '../keys/algorithms.ts';
import { createAccessTokens } from '../keys/access-token.ts';
import { createClientProofs } from '../keys/client-proofs.ts';
import { publicJwks } from '../keys/jwks.ts';
import { loadSigningKeys } from '../keys/load-signing-keys.ts';
import type { Keyring } from '../keys/keyring.ts';
import { parseMasterKey } from '../keys/master-key.ts';
import { createPersonalSealer } from '../keys/personal-sealer.ts';
import { createSealer } from '../keys/seal.ts';
import { createStoreClock } from '../platform/clock.ts';
import type { Config } from '../platform/config/config.ts';
import { createJsonFetcher } from '../platform/http-client.ts';
import { openJournal } from '../platform/journal.ts';
import { createMetrics } from '../platform/metrics.ts';
import { createNewId } from '../platform/random.ts';
import { DecisionCache } from '../policy/decision-cache.ts';
import type { AnyProvider } from '../ports/provider.ts';
import { createProviders } from '../providers/registry.ts';
import { createSealedSecrets } from '../secrets/sealed/sealed-secrets.ts';
import { createFeed } from '../store/feed.ts';
import { createPool } from '../store/pool.ts';
import { createAdmission } from './admission.ts';
import { checkedStoreFacts } from './check-store.ts';
import { createJobs } from './jobs.ts';
import { createStorePorts, type StorePorts } from './ports.ts';
import { readinessOf } from './readiness.ts';

/** What tests put in place of a part, each given the real one. */
export interface Overrides {
  readonly ports?: (ports: StorePorts) => StorePorts;
  readonly providers?: (
    providers: ReadonlyMap<string, AnyProvider>,
  ) => ReadonlyMap<string, AnyProvider>;
  readonly limits?: Partial<Broker['limits']>;
  readonly decisionCache?: boolean;
}

/** A composed broker: nothing runs until `start`. */
export interface Composed {
  readonly broker: Broker;
  readonly server: Server;
  /** Listens, follows the feed, runs the jobs. @returns the port */
  start(): Promise<number>;
  /** The reverse, letting running requests end. @returns the head of the audit, `seq:hash` */
  stop(): Promise<string | undefined>;
  /** Closes what `compose` opened; for one that was never started. */
  dispose(): Promise<void>;
}

const LIMITS = { issueTimeoutMs: 15_000, revokeTimeoutMs: 20_000, feedMaxAgeMs: 2_000 } as const;

/** Builds everything from the configuration; the only place where parts meet. */
export async function compose(
  config: Config,
  log: Logger,
  overrides: Overrides = {},
): Promise<Composed> {
  const { databaseUrl, masterKey } = config;
  if (!databaseUrl || !masterKey)
    throw new Error('the store and the master key must be configured');
  const pool = createPool({ url: databaseUrl, poolSize: config.storeConnections });
  const facts = await checkedStoreFacts(pool);
  const clock = createStoreClock();
  const metrics = createMetrics();
  const realPorts = createStorePorts(pool);
  const ports = overrides.ports?.(realPorts) ?? realPorts;
  const parsed = parseMasterKey(masterKey.reveal());
  if ('problem' in parsed) throw new Error(parsed.problem);
  const sealer = createSealer(parsed.key);
  const keyring = await loadSigningKeys(ports.signingKeys, sealer, config.signingAlg);
  const secrets = createSealedSecrets({ sealer, rows: ports.secretRows });
  const realProviders = createProviders({
    installation: facts.installation,
    networkAllow: new Set(config.networkAllow),
  });
  const providers = overrides.providers?.(realProviders) ?? realProviders;
  const cache = new DecisionCache({
    now: clock.monotonic,
    enabled: overrides.decisionCache ?? true,
  });
  const feed = createFeed({
    url: databaseUrl,
    pool,
    pollMs: 500,
    monotonic: clock.monotonic,
    onDatabaseTime: clock.sync,
  });
  const { issuer } = config.http;
  const broker: Broker = {
    issuer,
    installation: facts.installation,
    clock,
    newId: createNewId(clock.now),
    limits: { ...LIMITS, leasesPerAgent: config.limits.leasesPerAgent, ...overrides.limits },
    meter: metrics,
    ...ports,
    feed,
    journal: openJournal(config.dataDir, clock.now),
    personal: createPersonalSealer(ports.subjectKeys, sealer),
    secrets,
    secretStore: secrets,
    accessTokens: createAccessTokens({ issuer, keyring, nowMs: clock.now }),
    clientProofs: createClientProofs({
      issuer,
      clock,
      fetcher: createJsonFetcher({ networkAllow: config.networkAllow }),
    }),
    providers,
    policy: createActivePolicy(ports.bundles),
    decide: (policy, agentVersion, request) => cache.decide(policy, request, agentVersion),
    directory: createDirectory(ports),
    health: createResourceHealth({ providers, secrets, clock, timeoutMs: LIMITS.issueTimeoutMs }),
  };
  const schedule = createJobs(broker, ports.upkeep, log);
  const server = createHttpServer({
    broker,
    readiness: readinessOf(broker, schedule),
    metrics: metrics.scrape,
    jwks: () => publicJwks(keyring.published()),
    assertionAlgorithms: Object.keys(ALGORITHMS),
    newRequestId: () => broker.newId('request'),
    admission: createAdmission({
      agentRate: config.limits.agentRate,
      trustedProxies: config.http.trustedProxies,
    }),
    log: requestLog(log),
  });
  metrics.gauge('leases_overdue', 'Leases that could not be revoked yet.', () =>
    ports.leases.overdueCount(),
  );
  metrics.gauge('feed_age_seconds', 'Age of the revocation feed.', () => feed.ageMs() / 1000);
  return lifecycle({
    broker,
    server,
    schedule,
    config,
    cache,
    keyring,
    closePool: () => pool.end(),
  });
}

function requestLog(log: Logger) {
  return {
    done: (line: { status: number; ms: number }) => {
      const level = line.status >= 500 ? 'warn' : 'debug';
      if (log.isLevelEnabled(level))
        log[level]({ ...line, ms: Math.round(line.ms * 10) / 10 }, 'request');
    },
    failed: (requestId: string, error: unknown) => log.error({ requestId, err: error }, 'failed'),
  };
}

function lifecycle(parts: {
  broker: Broker;
  server: Server;
  schedule: ReturnType<typeof createJobs>;
  config: Config;
  cache: DecisionCache;
  keyring: Keyring;
  closePool: () => Promise<void>;
}): Composed {
  const { broker, server, schedule, config, cache } = parts;
  const dispose = async () => {
    await Promise.all([...broker.providers.values()].map((provider) => provider.close()));
    await parts.closePool();
  };
  return {
    broker,
    server,
    start: async () => {
      await broker.feed.start((event) => {
        cache.drop();
        if (event.kind === 'agent') broker.directory.forget(event.target);
        if (event.kind === 'secret') broker.health.forget();
        if (event.kind === 'bundle') {
          broker.health.forget();
          schedule.wake('redecide');
        }
        if (['agent', 'task', 'grant', 'token', 'lease', 'resource', 'all'].includes(event.kind)) {
          schedule.wake('revoke');
        }
      });
      await broker.policy.refresh();
      await broker.auditLog.append([
        {
          actor: 'broker',
          action: 'broker.started',
          subject: 'broker',
          detail: { issuer: broker.issuer, keys: parts.keyring.published().map((key) => key.kid) },
        },
      ]);
      const port = await listen(server, config);
      schedule.start();
      return port;
    },
    stop: async () => {
      server.closeIdleConnections();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const force = setTimeout(() => server.closeAllConnections(), 5_000);
      await closed;
      clearTimeout(force);
      await schedule.stop();
      const head = await broker.auditLog
        .append([{ actor: 'broker', action: 'broker.stopped', subject: 'broker', detail: {} }])
        .then(formatHead, () => undefined);
      await broker.feed.stop();
      await dispose();
      return head;
    },
    dispose,
  };
}

function listen(server: Server, config: Config): Promise<number> {
  const { host, port } = config.http;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}
