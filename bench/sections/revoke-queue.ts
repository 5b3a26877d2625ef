import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Caller } from '../assertions.ts';
import { API_SCOPE, applyBundle, resourceFile, SAMPLE, TEAM } from '../broker/bundle.ts';
import {
  insertActive,
  installationOf,
  makeLeases,
  makeLogins,
  openStore,
} from '../broker/many-leases.ts';
import { type Operator, operatorOf, registerAgent } from '../broker/operator.ts';
import { type Broker, prepareBroker, startBroker } from '../broker/start.ts';
import { mintOpening } from '../broker/work.ts';
import { type Database, startDatabase } from '../database.ts';
import { runPaced } from '../load/paced.ts';
import { requestsOf } from '../load/requests.ts';
import { figure, note, percentile } from '../report.ts';
import { FULL } from '../rounds.ts';
import type { Setting } from '../setting.ts';

const RESOURCES = 20;
const DATABASE = 'queue';
/** Tokens a second that are asked for meanwhile: a busy day, not the most there can be. */
const PER_SECOND = 100;
const CALLERS = 16;
const LONGEST_SECONDS = 120;

const nameOf = (index: number) => `queue-${String(index).padStart(2, '0')}`;

/**
 * Leases of 20 resources fall due in one moment: 19 are databases of one real PostgreSQL server, each
 * with an admin of its own; the last one's server takes connections and never says a word. The real one
 * stands for another machine: it has the lowest priority, on all cores. The clock
 * runs until the store has the last lease of the 19 as revoked, proof and audit entry included.
 * Meanwhile tokens are minted at a steady pace; their p99 is compared with that of the minute before.
 */
export async function revokeQueue(setting: Setting): Promise<void> {
  const each = setting.pace === FULL ? 500 : 100;
  const [store, silent] = [await setting.store(), await mute()];
  const resource = await startDatabase(join(setting.folder(DATABASE), 'resources'));
  resource.standAside();
  const home = await prepareBroker(store, DATABASE, setting.folder(DATABASE), SAMPLE);
  const { broker } = await startBroker(setting.cores, home);
  const session = await openStore(store, DATABASE);
  try {
    const operator = await operatorOf(home, broker);
    const agents = await setUp(operator, resource, silent.port);
    await fill(session, resource, each);
    await measure({ broker, agents, session, each });
  } finally {
    await session.end();
    await broker.running.stop();
    await resource.stop();
    silent.server.close();
  }
}

async function setUp(operator: Operator, server: Database, silentPort: number): Promise<Caller[]> {
  const names = Array.from({ length: RESOURCES }, (_, index) => nameOf(index));
  const files = names.map((name) => [`resources/${name}.yaml`, resourceFile(name, '', name)]);
  await applyBundle(operator, Object.fromEntries(files) as Record<string, string>);
  for (const [index, name] of names.entries()) {
    const hangs = index === RESOURCES - 1;
    const value = hangs
      ? `postgres://admin:secret@127.0.0.1:${silentPort}/none`
      : await makeDatabase(server, name);
    await operator.call('PUT', `/v1/secrets/${name}`, { value });
  }
  const agents: Caller[] = [];
  for (let n = 0; n < CALLERS; n += 1) {
    agents.push(await registerAgent(operator, `queue-agent-${n}`, TEAM));
  }
  return agents;
}

const adminOf = (name: string) => name.replace('-', '_');
const passwords = new Map<string, string>();

async function makeDatabase(server: Database, name: string): Promise<string> {
  const [admin, password] = [adminOf(name), randomBytes(16).toString('hex')];
  passwords.set(admin, password);
  await server.run(
    'postgres',
    `create role ${admin} login createrole password '${password}'`,
    `grant pg_signal_backend to ${admin}`,
    `create database ${admin} owner ${admin}`,
  );
  return server.url(admin, admin, password);
}

async function fill(session: pg.Client, server: Database, each: number): Promise<void> {
  const installation = await installationOf(session);
  for (let index = 0; index < RESOURCES; index += 1) {
    const leases = makeLeases(installation, each);
    const admin = adminOf(nameOf(index));
    const password = passwords.get(admin);
    if (password !== undefined) await makeLogins(server.url(admin, admin, password), leases);
    await insertActive(session, nameOf(index), leases);
  }
  await session.query('analyze countersign.leases');
}

/** A server that takes connections and says nothing. */
async function mute(): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => void socket.on('error', () => undefined));
  server.unref();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { server, port: typeof address === 'object' && address ? address.port : 0 };
}

interface Stage {
  readonly broker: Broker;
  readonly agents: readonly Caller[];
  readonly session: pg.Client;
  readonly each: number;
}

async function measure({ broker, agents, session, each }: Stage): Promise<void> {
  const request = requestsOf(mintOpening(broker, agents, API_SCOPE));
  const { host, port } = broker;
  const load = (seconds: number, stopped: () => boolean) => {
    const requests = Array.from({ length: PER_SECOND * seconds }, request);
    return runPaced({ host, port, concurrency: CALLERS }, requests, PER_SECOND, stopped);
  };
  await load(3, () => false);
  const before = await load(15, () => false);
  const count = each * (RESOURCES - 1);
  const silent = nameOf(RESOURCES - 1);
  let over = false;
  const loading = load(LONGEST_SECONDS, () => over);
  // Heard here, thrown where it is awaited: unheard it would end the bench, and leave its servers behind.
  loading.catch(() => undefined);
  await session.query('update countersign.leases set expires_at = now()');
  const since = performance.now();
  while ((await revoked(session, silent)) < count) {
    if (performance.now() - since > LONGEST_SECONDS * 1000) throw new Error('not drained in time');
    await sleep(100);
  }
  const seconds = (performance.now() - since) / 1000;
  over = true;
  const during = await loading;
  const [calm, busy] = [percentile(before, 0.99), percentile(during, 0.99)];
  note(`  ${count} leases of 19 resources in ${seconds.toFixed(1)} s, ${each} of the 20th waiting`);
  note(
    `  ${PER_SECOND} tokens/s: p50 ${percentile(before, 0.5).toFixed(1)} → ${percentile(during, 0.5).toFixed(1)} ms, p99 ${calm.toFixed(1)} → ${busy.toFixed(1)} ms`,
  );
  figure('revoke_queue_per_s', count / seconds, '1/s');
  figure('revoke_queue.p99_ratio', busy / calm, 'x');
}

async function revoked(session: pg.Client, silent: string): Promise<number> {
  const { rows } = await session.query<{ n: number }>(
    `select count(*)::int as n from countersign.leases where state = 'revoked' and resource <> $1`,
    [silent],
  );
  return rows[0]?.n ?? 0;
}
