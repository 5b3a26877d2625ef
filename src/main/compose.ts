import type { Server } from 'node:http';
import type { Logger } from 'pino';
import { createHttpServer } from '../api/server.ts';
import { createActivePolicy } from '../broker/active-policy.ts';
import type { Broker } from '../broker/context.ts';
import { createDirectory } from '../broker/directory.ts';
import { createEventHub } from '../broker/event-hub.ts';
import { guardProviders } from '../broker/guard-provider.ts';
import type { Defect } from '../broker/provider-guard.ts';
import { createResourceHealth } from '../broker/resource-health.ts';
import { createSharedServers } from '../broker/shared-servers.ts';
import { createTemplateBuilds } from '../broker/template-builds.ts';
import { createWaiters } from '../broker/waiters.ts';
import { createAccessTokens } from '../keys/access-token.ts';
import { createClientProofs } from '../keys/client-proofs.ts';
import type { Keyring } from '../keys/keyring.ts';
import { createPersonalSealer } from '../keys/personal-sealer.ts';
import { createStoreClock } from '../platform/clock.ts';
import type { Config } from '../platform/config/config.ts';
import { createJsonFetcher } from '../platform/http-client.ts';
import { openJournal } from '../platform/journal.ts';
import { createMetrics, type Metrics } from '../platform/metrics.ts';
import { createNewId } from '../platform/random.ts';
import { openWitness } from '../platform/witness-file.ts';
import { DecisionCache } from '../policy/decision-cache.ts';
import type { NoticeChannel } from '../ports/notices.ts';
import type { AnyProvider } from '../ports/provider.ts';
import { createProviders } from '../providers/registry.ts';
import { createWorkingRoots } from '../broker/working-root.ts';
import { createRootRotations } from '../secrets/sealed/root-rotations.ts';
import { createSecretSources } from '../secrets/secret-sources.ts';
import { createSealedSecrets } from '../secrets/sealed/sealed-secrets.ts';
import { createFeed } from '../store/feed.ts';
import { createPool } from '../store/pool.ts';
import { createWakeups } from '../store/wakeups.ts';
import { checkedStoreFacts } from './check-store.ts';
import { doorsOf } from './doors.ts';
import { addGauges } from './gauges.ts';
import { createJobs } from './jobs.ts';
import { createLifecycle, type Lifecycle } from './lifecycle.ts';
import { createChannels } from './notify.ts';
import { createPeopleParts } from './people.ts';
import { createStorePorts, type StorePorts } from './ports.ts';
import { type LocalSealer, sealerWith } from './sealer.ts';
import { openSealedKeys } from './sealed-keys.ts';
import { createVaultParts, masterKeyOf, type VaultParts } from './vault.ts';

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
  readonly vault: VaultParts;
}

const LIMITS = {
  issueTimeoutMs: 15_000,
  revokeTimeoutMs: 20_000,
  feedMaxAgeMs: 2_000,
  approvalMs: 600_000,
  approvalsPerAsker: 10,
} as const;
const POLL_MS = 500;
/** Requests held open at once: of one caller, and in all. */
const WAITERS = { each: 50, all: 2_000 } as const;
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
  const pool = createPool({ url: databaseUrl, poolSize: config.storeConnections });
  const narrowing = createPool({ url: databaseUrl, poolSize: NARROWING_CONNECTIONS });
  const clock = createStoreClock();
  const vault = createVaultParts(config, clock.monotonic);
  const notify = createChannels(config, clock.now);
  const closePools = async () =>
    void (await Promise.all([pool.end(), narrowing.end(), vault.close(), notify.close()]));
  try {
    const facts = await checkedStoreFacts(pool);
    const real = createStorePorts(pool, narrowing);
    const ports = overrides.ports?.(real) ?? real;
    const { installation } = facts;
    const masterKey = await masterKeyOf(config, vault, ports.masterKeys, installation);
    const sealer = sealerWith(masterKey, config);
    const keys = await openSealedKeys({ ports, sealer, alg: config.signingAlg, nowMs: clock.now });
    const { keyring } = keys;
    const { monotonic, sync: onDatabaseTime } = clock;
    const follow = { url: databaseUrl, pool: narrowing, pollMs: POLL_MS };
    const feed = createFeed({ ...follow, monotonic, onDatabaseTime });
    const cache = new DecisionCache({ now: monotonic, enabled: overrides.decisionCache ?? true });
    const metrics = createMetrics();
    const onDefect = (defect: Defect) =>
      log.error({ ...defect }, 'a provider did not keep to its port');
    const { channels } = notify;
    const made = { config, overrides, ports, keyring, clock, feed, cache, metrics, installation };
    const wakeups = createWakeups({ url: databaseUrl });
    const broker = assemble({ ...made, wakeups, sealer, vault, channels, onDefect });
    const others = { channels, remote: remoteOf(config, vault) };
    const schedule = createJobs(broker, ports.upkeep, keys.reload, log, others);
    addGauges(metrics, broker);
    const server = createHttpServer(
      doorsOf({ broker, schedule, metrics, keys, config, log, vault }),
    );
    const signingKeys = keyring.published().map((key) => key.kid);
    const onPolicyError = (err: unknown) => log.error({ err }, 'the policy could not be loaded');
    const http = config.http;
    const parts = { broker, server, schedule, cache, keys, signingKeys, http, onPolicyError };
    return { broker, server, vault, ...createLifecycle({ ...parts, closePools }) };
  } catch (error) {
    await closePools();
    throw error;
  }
}

/** Secrets outside the store, and how often they are looked at. */
function remoteOf(config: Config, vault: VaultParts) {
  if (!vault.own || !config.vault) return undefined;
  return { secrets: vault.own.secrets, everyMs: config.vault.refresh * 1000 };
}

interface Made {
  readonly wakeups: Broker['wakeups'];
  readonly config: Config;
  readonly overrides: Overrides;
  readonly ports: StorePorts;
  readonly keyring: Keyring;
  readonly clock: ReturnType<typeof createStoreClock>;
  readonly feed: Broker['feed'];
  readonly cache: DecisionCache;
  readonly metrics: Metrics;
  readonly installation: string;
  readonly onDefect: (defect: Defect) => void;
  readonly sealer: LocalSealer;
  readonly vault: VaultParts;
  readonly channels: readonly NoticeChannel[];
}

function secretsOf({ ports, sealer, vault }: Made, providers: Providers, timeoutMs: number) {
  const { secretRows: rows, rotationRows } = ports;
  const sealed = createSealedSecrets({ sealer, rows });
  const rotations = createRootRotations({ sealer, rows, rotations: rotationRows });
  const working = createWorkingRoots({ rotations, providers, timeoutMs });
  const secrets = createSecretSources({ sealed: working, vault: vault.own?.secrets });
  return { sealed, rotations, secrets };
}

function assemble(made: Made): Broker {
  const { config, overrides, ports, clock, cache, installation, sealer } = made;
  const { issuer } = config.http;
  const networkAllow = new Set(config.networkAllow);
  const real = createProviders({ installation, networkAllow, openVault: made.vault.openVault });
  const providers = guardProviders(overrides.providers?.(real) ?? real, made.onDefect);
  const fetcher = createJsonFetcher({ networkAllow: config.networkAllow });
  const limits = { ...LIMITS, leasesPerAgent: config.limits.leasesPerAgent, ...overrides.limits };
  const policy = createActivePolicy(ports.bundles);
  const resources = () =>
    policy.version() === undefined ? [] : policy.current().bundle.resources.values();
  const timeoutMs = limits.issueTimeoutMs;
  const { sealed, rotations, secrets } = secretsOf(made, providers, timeoutMs);
  const sharedServers = createSharedServers({ providers, secrets, timeoutMs, resources });
  return {
    issuer,
    installation,
    clock,
    newId: createNewId(clock.now),
    limits,
    meter: made.metrics,
    ...ports,
    ...createPeopleParts(config, { operators: ports.operators, policy, clock }),
    feed: made.feed,
    wakeups: made.wakeups,
    events: createEventHub(),
    waiters: createWaiters(WAITERS),
    journal: openJournal(config.dataDir, clock.now),
    witness: openWitness(config.dataDir),
    restoreHold: { open: false },
    personal: createPersonalSealer(ports.subjectKeys, sealer),
    sealer,
    secrets,
    secretStore: sealed,
    rotations,
    accessTokens: createAccessTokens({ issuer, keyring: made.keyring, nowMs: clock.now }),
    clientProofs: createClientProofs({ issuer, clock, fetcher }),
    clientSecrets: config.clientSecrets,
    providers,
    policy,
    decide: (policy, agentVersion, request) => cache.decide(policy, request, agentVersion),
    directory: createDirectory(ports),
    health: createResourceHealth({ providers, secrets, clock, timeoutMs, sharedServers }),
    templateBuilds: createTemplateBuilds(LONGEST_BUILD_MS),
    channels: made.channels.map(({ name }) => name),
  };
}
