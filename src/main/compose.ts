import type { Server } from 'node:http';
import type { Logger } from 'pino';
import type { Doors, RequestLog } from '../api/doors.ts';
import { createHttpServer } from '../api/server.ts';
import { createActivePolicy } from '../broker/active-policy.ts';
import type { Broker } from '../broker/context.ts';
import { createDirectory } from '../broker/directory.ts';
import { createResourceHealth } from '../broker/resource-health.ts';
import { createSharedServers } from '../broker/shared-servers.ts';
import { createTemplateBuilds } from '../broker/template-builds.ts';
import type { Schedule } from '../jobs/schedule.ts';
import { createAccessTokens } from '../keys/access-token.ts';
import { ALGORITHMS } from '../keys/algorithms.ts';
import { createClientProofs } from '../keys/client-proofs.ts';
import { publicJwks } from '../keys/jwks.ts';
import type { Keyring } from '../keys/keyring.ts';
import { loadSigningKeys } from '../keys/load-signing-keys.ts';
import { parseMasterKey } from '../keys/master-key.ts';
import { createPersonalSealer } from '../keys/personal-sealer.ts';
import { createSealer } from '../keys/seal.ts';
import { createStoreClock } from '../platform/clock.ts';
import type { Config } from '../platform/config/config.ts';
import { createJsonFetcher } from '../platform/http-client.ts';
import { openJournal } from '../platform/journal.ts';
import { createMetrics, type Metrics } from '../platform/metrics.ts';
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
import { createLifecycle, type Lifecycle } from './lifecycle.ts';
import { createStorePorts, type StorePorts } from './ports.ts';
import { readinessOf } from './readiness.ts';

type Providers = ReadonlyMap<string, AnyProvider>;

/** What tests put in place of a part, each given the real one. */
export interface Overrides {
  readonly ports?: (ports: StorePorts) => StorePorts;
  readonly providers?: (providers: Providers) => Providers;
  readonly limits?: Partial<Broker['limits']>;
  readonly decisionCache?: boolean;
}

/** A composed broker: nothing runs until `start`. */
export interface Composed extends Lifecycle {
  readonly broker: Broker;
  readonly server: Server;
}

const LIMITS = { issueTimeoutMs: 15_000, revokeTimeoutMs: 20_000, feedMaxAgeMs: 2_000 } as const;
const POLL_MS = 500;
const LONGEST_BUILD_MS = 6 * 3_600_000;
/** Store connections beside those of the setting, for the feed and for narrowing. */
const NARROWING_CONNECTIONS = 4;

/**
 * Builds everything from the configuration; the only place where parts meet.
 * @throws Error with one line when the store or the master key is not fit to serve from
 */
export async function compose(
  config: Config,
  log: Logger,
  overrides: Overrides = {},
): Promise<Composed> {
  const { databaseUrl } = config;
  if (!databaseUrl) throw new Error('The store must be configured: set DATABASE_URL.');
  const sealer = sealerOf(config);
  const pool = createPool({ url: databaseUrl, poolSize: config.storeConnections });
  const narrowing = createPool({ url: databaseUrl, poolSize: NARROWING_CONNECTIONS });
  const closePools = async () => void (await Promise.all([pool.end(), narrowing.end()]));
  try {
    const facts = await checkedStoreFacts(pool);
    const real = createStorePorts(pool, narrowing);
    const ports = overrides.ports?.(real) ?? real;
    const keyring = await loadSigningKeys(ports.signingKeys, sealer, config.signingAlg);
    const clock = createStoreClock();
    const { monotonic, sync: onDatabaseTime } = clock;
    const follow = { url: databaseUrl, pool: narrowing, pollMs: POLL_MS };
    const feed = createFeed({ ...follow, monotonic, onDatabaseTime });
    const cache = new DecisionCache({ now: monotonic, enabled: overrides.decisionCache ?? true });
    const metrics = createMetrics();
    const broker = assemble({
      config,
      overrides,
      ports,
      keyring,
      clock,
      feed,
      cache,
      metrics,
      installation: facts.installation,
      sealer,
    });
    const schedule = createJobs(broker, ports.upkeep, log);
    addGauges(metrics, broker);
    const server = createHttpServer(doorsOf({ broker, schedule, metrics, keyring, config, log }));
    const signingKeys = keyring.published().map((key) => key.kid);
    const onPolicyError = (err: unknown) => log.error({ err }, 'the policy could not be loaded');
    const http = config.http;
    const parts = { broker, server, schedule, cache, signingKeys, http, onPolicyError };
    return { broker, server, ...createLifecycle({ ...parts, closePools }) };
  } catch (error) {
    await closePools();
    throw error;
  }
}

function sealerOf({ masterKey }: Config): ReturnType<typeof createSealer> {
  if (!masterKey) throw new Error('There is no master key: set COUNTERSIGN_MASTER_KEY_FILE.');
  const parsed = parseMasterKey(masterKey.reveal());
  if ('problem' in parsed) throw new Error(parsed.problem);
  return createSealer(parsed.key);
}

interface Made {
  readonly config: Config;
  readonly overrides: Overrides;
  readonly ports: StorePorts;
  readonly keyring: Keyring;
  readonly clock: ReturnType<typeof createStoreClock>;
  readonly feed: Broker['feed'];
  readonly cache: DecisionCache;
  readonly metrics: Metrics;
  readonly installation: string;
  readonly sealer: ReturnType<typeof createSealer>;
}

function assemble(made: Made): Broker {
  const { config, overrides, ports, clock, cache, installation, sealer } = made;
  const { issuer } = config.http;
  const secrets = createSealedSecrets({ sealer, rows: ports.secretRows });
  const networkAllow = new Set(config.networkAllow);
  const real = createProviders({ installation, networkAllow });
  const providers = overrides.providers?.(real) ?? real;
  const fetcher = createJsonFetcher({ networkAllow: config.networkAllow });
  const limits = { ...LIMITS, leasesPerAgent: config.limits.leasesPerAgent, ...overrides.limits };
  const policy = createActivePolicy(ports.bundles);
  const resources = () =>
    policy.version() === undefined ? [] : policy.current().bundle.resources.values();
  const timeoutMs = limits.issueTimeoutMs;
  const sharedServers = createSharedServers({ providers, secrets, timeoutMs, resources });
  return {
    issuer,
    installation,
    clock,
    newId: createNewId(clock.now),
    limits,
    meter: made.metrics,
    ...ports,
    feed: made.feed,
    journal: openJournal(config.dataDir, clock.now),
    personal: createPersonalSealer(ports.subjectKeys, sealer),
    secrets,
    secretStore: secrets,
    accessTokens: createAccessTokens({ issuer, keyring: made.keyring, nowMs: clock.now }),
    clientProofs: createClientProofs({ issuer, clock, fetcher }),
    providers,
    policy,
    decide: (policy, agentVersion, request) => cache.decide(policy, request, agentVersion),
    directory: createDirectory(ports),
    health: createResourceHealth({ providers, secrets, clock, timeoutMs, sharedServers }),
    templateBuilds: createTemplateBuilds(LONGEST_BUILD_MS),
  };
}

function doorsOf(made: {
  broker: Broker;
  schedule: Schedule;
  metrics: Metrics;
  keyring: Keyring;
  config: Config;
  log: Logger;
}): Doors {
  const { broker, config } = made;
  return {
    broker,
    readiness: readinessOf(broker, made.schedule),
    metrics: made.metrics.scrape,
    jwks: () => publicJwks(made.keyring.published()),
    assertionAlgorithms: Object.keys(ALGORITHMS),
    newRequestId: () => broker.newId('request'),
    admission: createAdmission({ ...config.limits, ...config.http }),
    log: requestLog(made.log),
  };
}

function addGauges(metrics: Metrics, broker: Broker): void {
  metrics.gauge('leases_overdue', 'Leases that could not be revoked yet.', () =>
    broker.leases.overdueCount(),
  );
  metrics.gauge(
    'feed_age_seconds',
    'Age of the revocation feed.',
    () => broker.feed.ageMs() / 1000,
  );
}

function requestLog(log: Logger): RequestLog {
  return {
    done: (line) => {
      const level = line.status >= 500 ? 'warn' : 'debug';
      if (!log.isLevelEnabled(level)) return;
      log[level]({ ...line, ms: Math.round(line.ms * 10) / 10 }, 'request');
    },
    failed: (requestId, error) => log.error({ requestId, err: error }, 'failed'),
  };
}
