import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issueOperatorToken } from '../../src/broker/operator-token.ts';
import { Secret } from '../../src/domain/secret.ts';
import { type Composed, compose, type Overrides } from '../../src/main/compose.ts';
import type { Config } from '../../src/platform/config/config.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { CountersignError } from '../../src/sdk/error.ts';
import { type AgentSession, createAgentSession } from '../../src/sdk/agent-session.ts';
import { type Client, createClient } from '../../src/sdk/client.ts';
import { generateAgentKey } from '../../src/sdk/generate-key.ts';
import { approveUnsigned } from './approve-unsigned.ts';
import { createTestStore, type TestStore } from './store.ts';

/** A whole broker in this process: real store, real HTTP on loopback. */
export interface TestBroker {
  readonly url: string;
  readonly store: TestStore;
  readonly composed: Composed;
  readonly config: Config;
  /** Lines of the log so far (JSON). */
  readonly log: string[];
  /** A client with an operator token of that role. */
  operator(role?: 'admin' | 'approver' | 'auditor'): Promise<Client>;
  /** Stores and activates a bundle; @returns its version */
  apply(files: Record<string, string>): Promise<number>;
  /** Registers an agent with a fresh key. */
  agent(teams?: string[]): Promise<TestAgent>;
  /** Another broker process' worth on the same store. */
  twin(overrides?: Overrides): Promise<TestBroker>;
  stop(): Promise<void>;
}

export interface TestAgent {
  readonly id: string;
  readonly name: string;
  readonly privateJwk: ReturnType<typeof generateAgentKey>['privateJwk'];
  readonly session: AgentSession;
}

export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

export interface BrokerOptions {
  readonly store?: TestStore;
  readonly overrides?: Overrides;
  readonly config?: Partial<Config>;
  /** Taken over by a twin, so that both read the same sealed rows and name the same issuer. */
  readonly shared?: Pick<Config, 'masterKey'> & { readonly issuer: string };
  /** Path of the issuer, where it has one. */
  readonly issuerPath?: string;
}

export async function startBroker(options: BrokerOptions = {}): Promise<TestBroker> {
  const store = options.store ?? (await createTestStore());
  const dataDir = await mkdtemp(join(tmpdir(), 'countersign-test-'));
  const port = options.config?.http?.port ?? (await freePort());
  const url = `http://localhost:${port}`;
  const config: Config = {
    mode: 'dev',
    http: {
      host: '127.0.0.1',
      port,
      issuer: options.shared?.issuer ?? `${url}${options.issuerPath ?? ''}`,
      trustedProxies: [],
    },
    dataDir,
    policies: '',
    databaseUrl: new Secret(store.runtimeUrl),
    migrateDatabaseUrl: undefined,
    storeConnections: 10,
    masterKey: options.shared?.masterKey ?? new Secret(randomBytes(32).toString('base64url')),
    signingAlg: 'ES256',
    networkAllow: [],
    logLevel: 'debug',
    clientSecrets: false,
    limits: { leasesPerAgent: 50, agentRate: 5_000, visitRate: 100_000 },
    ...options.config,
  };
  const log: string[] = [];
  const logger = createLogger({
    level: config.logLevel,
    destination: { write: (l) => log.push(l) },
  });
  const composed = await compose(config, logger, options.overrides);
  await composed.start();
  return testBroker({ url, store, composed, config, log, dataDir });
}

function testBroker(parts: {
  url: string;
  store: TestStore;
  composed: Composed;
  config: Config;
  log: string[];
  dataDir: string;
}): TestBroker {
  const { url, store, composed, config, log } = parts;
  const { broker } = composed;
  const operator = async (role: 'admin' | 'approver' | 'auditor' = 'admin') => {
    const wanted = { role, ttlSeconds: 900, breakGlass: 'a test' };
    const { token } = await issueOperatorToken(broker, wanted);
    return createClient({ url, operatorToken: token.reveal() });
  };
  return {
    url,
    store,
    composed,
    config,
    log,
    operator,
    apply: async (files) => {
      const admin = await operator();
      const { version } = await admin.call('storeBundle', { body: { files, note: 'test' } });
      await admin.call('activateBundle', { params: { version: String(version) } });
      return version;
    },
    agent: async (teams = ['support']) => {
      const { privateJwk, publicJwk } = generateAgentKey();
      const name = `agent-${randomBytes(4).toString('hex')}`;
      const body = { name, owner: 'dana@example.com', teams, jwks: { keys: [{ ...publicJwk }] } };
      const admin = await operator();
      const create = () => admin.call('createAgent', { body });
      // Once somebody has a passkey, teams with protected access take an approval: as if an admin had signed.
      const { id } = await create().catch(async (error: unknown) => {
        if (!(error instanceof CountersignError) || error.code !== 'approval_required') throw error;
        await approveUnsigned(store, error.members['approval_id']);
        return create();
      });
      const session = createAgentSession({ url, agentId: id, privateKey: privateJwk });
      return { id, name, privateJwk, session };
    },
    twin: (overrides) =>
      startBroker({
        store,
        shared: { masterKey: config.masterKey, issuer: config.http.issuer },
        ...(overrides ? { overrides } : {}),
      }),
    stop: async () => {
      await composed.stop();
      await rm(parts.dataDir, { recursive: true, force: true });
    },
  };
}
