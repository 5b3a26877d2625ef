import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Composed, compose, type Overrides } from '../../src/main/compose.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { type AgentSession, createAgentSession } from '../../src/sdk/agent-session.ts';
import type { Client } from '../../src/sdk/client.ts';
import { CountersignError } from '../../src/sdk/error.ts';
import { generateAgentKey } from '../../src/sdk/generate-key.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { verdictOn } from '../support/chain.ts';
import { type PlainConfig, plainOf } from '../support/plain-config.ts';
import { buildTemplate } from '../support/sandbox-template.ts';
import { setSecrets } from '../support/set-secrets.ts';
import { type Downstream, logins } from './downstreams.ts';
import { createHere } from './here.ts';
import type { VerbInput } from './plan.ts';
import type { Crashing } from './points.ts';

/** An agent that can ask for tokens. */
export interface Holder {
  readonly id: string;
  readonly session: AgentSession;
}

/** A store and a shop for processes that crash on them. Nothing on the stage sweeps by itself. */
export interface Stage {
  readonly installation: string;
  /** A broker whose jobs never start, in this process. */
  readonly broker: Composed['broker'];
  asSuperuser: TestBroker['store']['asSuperuser'];
  /** The configuration of a child process, as JSON. */
  readonly config: PlainConfig;
  /** What carries our marker outside: roles, databases, tokens of Vault. */
  outside(): Promise<string[]>;
  /**
   * Runs a verb in this process, and kills the downstream at a point of it.
   * @returns every point that was crossed, once the downstream is back
   */
  runHere(
    crashing: Crashing,
    nth: number,
    killAt?: string,
    beforeBack?: () => Promise<void>,
  ): Promise<readonly string[]>;
  /** An input with the token of a new task. */
  withToken(agent?: Holder): Promise<VerbInput>;
  /** The same with a live lease. */
  withLease(agent?: Holder, key?: string): Promise<VerbInput>;
  newAgent(): Promise<Holder>;
  /** The first transaction of a cascade, and nothing after it. */
  beginEnding(task: string): Promise<unknown>;
  revokeAll(): Promise<unknown>;
  /** Leases at the store, by state; names as they are at the shop. */
  leases(): Promise<{ name: string; state: string; overdue: boolean }[]>;
  /** The audit chain as it lies in the store. */
  verdict(): ReturnType<typeof verdictOn>;
  close(): Promise<void>;
}

/**
 * Sets the store up with a broker that is stopped again, and goes on with one whose jobs never start:
 * what a crash leaves must wait for the fresh broker of the test.
 * @param limits of the broker in this process
 */
export async function openStage(
  make: () => Promise<Downstream> = logins,
  limits: Overrides['limits'] = {},
): Promise<Stage> {
  const dataDir = await mkdtemp(join(tmpdir(), 'countersign-crash-'));
  const downstream = await make();
  const { scope, networkAllow } = downstream;
  const config = { dataDir, networkAllow, limits: { leasesPerAgent: 10_000, agentRate: 5_000 } };
  const broker = await startBroker({ config });
  await broker.apply({ ...downstream.bundle });
  const admin = await broker.operator();
  if (downstream.template) await buildTemplate(admin, downstream.template);
  await setSecrets(admin, downstream.secrets);
  await broker.stop();
  const here = createHere(downstream);
  const quiet = await composeQuietly(broker, { limits, ...here.crossings.overrides() });
  const agent = await register(broker.url, admin);

  /** On a machine that has no time left the feed may be late, and a broker that is behind refuses. */
  const whenFresh = async <T>(ask: () => Promise<T>): Promise<T> => {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof CountersignError) || error.code !== 'feed_stale') throw error;
      await quiet.broker.feed.catchUp();
      return ask();
    }
  };
  const withToken: Stage['withToken'] = async (holder = agent) => {
    const task = { purpose: 'look at orders' };
    const minted = await whenFresh(() => holder.session.mintToken({ scopes: [scope], task }));
    return {
      token: minted.access_token,
      task: minted.task_id ?? '',
      agent: holder.id,
      scope,
      lease: '',
      key: '',
    };
  };
  const stage: Stage = {
    installation: broker.composed.broker.installation,
    broker: quiet.broker,
    asSuperuser: broker.store.asSuperuser,
    config: plainOf(broker.config, {
      http: { ...broker.config.http, port: 0 },
      storeConnections: 5,
    }),
    newAgent: () => register(broker.url, admin),
    beginEnding: (task) =>
      quiet.broker.endings.begin({
        target: { kind: 'task', id: task },
        reason: 'closed',
        actor: 'opr_host',
        taskState: 'closed',
        entries: [],
      }),
    revokeAll: () => admin.call('revoke', { body: { all: true, reason: 'end of test' } }),
    outside: () => downstream.outside(broker.composed.broker.installation),
    runHere: (...of) => here.run(stage, ...of),
    withToken,
    withLease: async (holder = agent, key) => {
      const input = await withToken(holder);
      const options = { body: { scope }, ...(key === undefined ? {} : { idempotencyKey: key }) };
      const { lease } = await whenFresh(() =>
        holder.session.client(input.token).call('issueLease', options),
      );
      return { ...input, lease: lease.id, key: key ?? '' };
    },
    leases: () =>
      broker.store.asSuperuser(
        `select outside_name as name, state, overdue_since is not null as overdue
         from countersign.leases`,
      ),
    verdict: () => verdictOn(quiet),
    close: async () => {
      quiet.server.closeAllConnections();
      quiet.server.close();
      await quiet.broker.feed.stop();
      await quiet.dispose();
      await downstream.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
  // The first lease of a scope makes its group role; every later one finds it.
  await stage.withLease();
  return stage;
}

async function register(url: string, admin: Client): Promise<Holder> {
  const { privateJwk, publicJwk } = generateAgentKey();
  const name = `agent-${randomBytes(6).toString('hex')}`;
  const jwks = { keys: [{ ...publicJwk }] };
  const body = { name, owner: 'dana@example.com', teams: ['support'], jwks };
  const { id } = await admin.call('createAgent', { body });
  return { id, session: createAgentSession({ url, agentId: id, privateKey: privateJwk }) };
}

/** Answers on the same port as before, with no job running. */
async function composeQuietly({ config }: TestBroker, overrides: Overrides): Promise<Composed> {
  const quiet = await compose(config, createLogger({ level: 'silent' }), overrides);
  const { broker, server } = quiet;
  await broker.feed.start(({ kind, target }) => {
    if (kind === 'agent') broker.directory.forget(target);
  });
  await broker.policy.refresh();
  const { port, host } = config.http;
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  return quiet;
}
