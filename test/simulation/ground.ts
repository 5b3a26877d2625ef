import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issueOperatorToken } from '../../src/broker/operator-token.ts';
import type { Config } from '../../src/platform/config/config.ts';
import { freePort, startBroker, type TestAgent, type TestBroker } from '../support/broker.ts';
import { type FaultLine, openFaultLine } from '../support/fault-line.ts';
import { type PlainConfig, plainOf } from '../support/plain-config.ts';
import { testServer } from '../support/postgres.ts';
import { type SandboxServer, startSandboxServer } from '../support/sandbox-server.ts';
import { buildTemplate } from '../support/sandbox-template.ts';
import { setSecrets } from '../support/set-secrets.ts';
import { createShop, type ShopDatabase } from '../support/shop.ts';
import { createTestStore, type TestStore } from '../support/store.ts';
import { type LeaseGround, openLeases } from '../support/vault/leases.ts';
import type { VaultWorld } from '../support/vault/worlds.ts';
import { dayBundle } from './bundle.ts';

const BROKERS = 2;
const AGENTS = 8;
const DAY_SECONDS = 3_600 * 8;

export type LineName = 'store 1' | 'store 2' | 'shop' | 'sandboxes' | 'vault';

/** Everything a day runs on: a store, the downstreams, and a line to each that can fail. */
export interface DayGround {
  readonly store: TestStore;
  readonly shop: ShopDatabase;
  readonly sandboxes: SandboxServer;
  readonly vault: LeaseGround;
  readonly lines: Readonly<Record<LineName, FaultLine>>;
  readonly installation: string;
  readonly agents: readonly Pick<TestAgent, 'id' | 'privateJwk'>[];
  readonly operatorToken: string;
  /** Of the broker processes; each has its own way to the store and its own data directory. */
  readonly configs: readonly PlainConfig[];
  /** Straight to the store, for the end of the day. */
  readonly config: Config;
  close(): Promise<void>;
}

export async function openDay(world: VaultWorld): Promise<DayGround> {
  const [store, shop, sandboxes, vault, server] = await Promise.all([
    createTestStore(),
    createShop(),
    startSandboxServer(),
    openLeases(world),
    testServer(),
  ]);
  const lines = {
    'store 1': await openFaultLine(server.port),
    'store 2': await openFaultLine(server.port),
    shop: await openFaultLine(server.port),
    sandboxes: await openFaultLine(sandboxes.server.port),
    vault: await openFaultLine(Number(new URL(vault.vault.address).port)),
  };
  const networkAllow = [`127.0.0.1:${lines.vault.port}`];
  const limits = { leasesPerAgent: 10_000, agentRate: 5_000 };
  const setUp = await startBroker({ store, config: { networkAllow, limits } });
  const made = await setUpBroker(setUp, {
    shop: shop.adminUrl,
    'shop-staging': at(lines.shop, shop.adminUrl),
    sandboxes: at(lines.sandboxes, sandboxes.adminUrl),
    vault: vault.root.value.reveal().replace(vault.vault.address, `http://${networkAllow[0]}`),
  });
  await setUp.stop();
  const configs = await configsOf(setUp.config, [lines['store 1'], lines['store 2']]);
  return {
    ...{ store, shop, sandboxes, vault, lines, configs, ...made },
    installation: setUp.composed.broker.installation,
    config: setUp.config,
    close: async () => {
      await Promise.all(Object.values(lines).map((line) => line.close()));
      await Promise.all([sandboxes.stop(), vault.stop()]);
      await Promise.all(
        configs.map(({ dataDir }) => rm(dataDir, { recursive: true, force: true })),
      );
    },
  };
}

/** The same address through a line. */
function at(line: FaultLine, url: string): string {
  const changed = new URL(url);
  changed.port = String(line.port);
  return changed.href;
}

type Roots = Readonly<Record<'shop' | 'shop-staging' | 'sandboxes' | 'vault', string>>;

async function setUpBroker(
  broker: TestBroker,
  roots: Roots,
): Promise<Pick<DayGround, 'agents' | 'operatorToken'>> {
  await broker.apply(dayBundle());
  const admin = await broker.operator();
  await buildTemplate(admin, { source: roots.shop, sandboxes: roots.sandboxes });
  await setSecrets(admin, {
    'shop-staging/admin-url': roots['shop-staging'],
    'vault/agents': roots.vault,
  });
  const agents = await Promise.all(Array.from({ length: AGENTS }, () => broker.agent()));
  const request = { role: 'admin', ttlSeconds: DAY_SECONDS } as const;
  const { token } = await issueOperatorToken(broker.composed.broker, request);
  return { agents, operatorToken: token.reveal() };
}

async function configsOf(
  config: Config,
  storeLines: readonly FaultLine[],
): Promise<readonly PlainConfig[]> {
  const configs: PlainConfig[] = [];
  for (const line of storeLines.slice(0, BROKERS)) {
    configs.push(
      plainOf(config, {
        http: { ...config.http, port: await freePort() },
        dataDir: await mkdtemp(
          join(tmpdir(), `countersign-day-${randomBytes(2).toString('hex')}-`),
        ),
        databaseUrl: at(line, config.databaseUrl?.reveal() ?? ''),
      }),
    );
  }
  return configs;
}
