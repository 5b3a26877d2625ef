import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { issueOperatorToken } from '../../broker/operator-token.ts';
import { Secret } from '../../domain/secret.ts';
import type { Config } from '../../platform/config/config.ts';
import { createLogger } from '../../platform/logger.ts';
import { type Client, createClient } from '../../sdk/client.ts';
import { type Composed, compose } from '../compose.ts';
import { startEmbeddedStore } from '../embedded-store.ts';
import type { Stage } from './stage.ts';

/** A broker that runs for the length of the demo, reached over HTTP like any other. */
export interface OwnBroker {
  readonly url: string;
  readonly config: Config;
  readonly installation: string;
  /** The JSON API as an admin. */
  readonly operator: Client;
}

export async function startOwnBroker(stage: Stage): Promise<OwnBroker> {
  const dataDir = join(stage.dir, 'broker');
  const store = await stage.holding(startEmbeddedStore(dataDir), (one) => one.stop());
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const config: Config = {
    mode: 'dev',
    http: { host: '127.0.0.1', port, issuer: url, trustedProxies: [] },
    dataDir,
    policies: '',
    databaseUrl: store.url,
    migrateDatabaseUrl: undefined,
    storeConnections: 10,
    masterKey: new Secret(randomBytes(32).toString('base64url')),
    signingAlg: 'ES256',
    networkAllow: [],
    logLevel: 'silent',
    clientSecrets: false,
    limits: { leasesPerAgent: 50, agentRate: 200 },
  };
  const { broker } = await stage.holding(start(config), (composed) => composed.stop());
  // What `countersign operator token` does, here on the store's own host.
  const { token } = await issueOperatorToken(broker, { role: 'admin', ttlSeconds: 900 });
  const operator = createClient({ url, operatorToken: token.reveal() });
  return { url, config, installation: broker.installation, operator };
}

async function start(config: Config): Promise<Composed> {
  const composed = await compose(config, createLogger({ level: 'silent' }));
  try {
    await composed.start();
    return composed;
  } catch (error) {
    await composed.stop().catch(() => undefined);
    throw error;
  }
}

/** The issuer names the port, so it must be known before the server listens. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
