import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Caller } from './assertions.ts';
import { API_AUDIENCE, applyBundle, SAMPLE, TEAM } from './broker/bundle.ts';
import {
  type Operator,
  operatorOf,
  registerAgent,
  registerResourceServer,
} from './broker/operator.ts';
import { type Broker, type BrokerHome, prepareBroker, startBroker } from './broker/start.ts';
import type { Cores } from './cores.ts';
import { type Database, startDatabase } from './database.ts';
import { type Peer, startPeer } from './peer/start.ts';
import { checkPeer } from './peer/work.ts';
import type { Pace } from './rounds.ts';

/** Not the system's temporary folder: that may be in memory, where fsync costs nothing. */
const WORK = fileURLToPath(new URL('../../node_modules/.cache/countersign-bench', import.meta.url));
/** Both sides serve as many callers, so that no per-caller limit is what is measured. */
const AGENTS = 16;
const PEER_CONNECTIONS = 16;

/** The broker under test with an admin and its registered callers. */
export interface Ours {
  readonly home: BrokerHome;
  readonly broker: Broker;
  readonly operator: Operator;
  readonly agents: readonly Caller[];
  readonly resourceServer: Caller;
}

/** What sections run on. Each part is started when a section first asks for it and shared by the rest. */
export interface Setting {
  readonly cores: Cores;
  readonly pace: Pace;
  /** Holds the stores of both servers. */
  store(): Promise<Database>;
  /** Another server, the one that leases open. */
  resource(): Promise<Database>;
  /** A third, for sandboxes alone. */
  sandboxes(): Promise<Database>;
  peer(): Promise<Peer>;
  ours(): Promise<Ours>;
  /** A folder for a section's own use. */
  folder(name: string): string;
  close(): Promise<void>;
}

export function makeSetting(cores: Cores, pace: Pace): Setting {
  const work = `${WORK}-${process.pid}`;
  const closers: (() => Promise<void>)[] = [];
  const store = once(() => database(join(work, 'store'), closers));
  const resource = once(() => database(join(work, 'resource'), closers));
  const sandboxes = once(() => database(join(work, 'sandboxes'), closers));
  return {
    cores,
    pace,
    store,
    resource,
    sandboxes,
    folder: (name) => join(work, name),
    peer: once(async () => {
      const database = await store();
      await database.run('postgres', 'create database peer');
      const databaseUrl = database.url('peer');
      const options = { databaseUrl, agents: AGENTS, connections: PEER_CONNECTIONS };
      const peer = await startPeer(cores, options);
      closers.push(() => peer.running.stop());
      await checkPeer(peer);
      return peer;
    }),
    ours: once(async () => ours(await store(), cores, join(work, 'broker'), closers)),
    async close() {
      for (const closer of closers.reverse()) await closer();
      await rm(work, { recursive: true, force: true });
    },
  };
}

async function database(folder: string, closers: (() => Promise<void>)[]): Promise<Database> {
  const started = await startDatabase(folder);
  closers.push(() => started.stop());
  return started;
}

async function ours(
  store: Database,
  cores: Cores,
  folder: string,
  closers: (() => Promise<void>)[],
): Promise<Ours> {
  const home = await prepareBroker(store, 'countersign', folder, SAMPLE);
  const { broker } = await startBroker(cores, home);
  closers.push(() => broker.running.stop());
  const operator = await operatorOf(home, broker);
  await applyBundle(operator);
  const agents: Caller[] = [];
  for (let index = 0; index < AGENTS; index += 1) {
    agents.push(await registerAgent(operator, `bench-${index}`, TEAM));
  }
  const resourceServer = await registerResourceServer(operator, API_AUDIENCE);
  return { home, broker, operator, agents, resourceServer };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
