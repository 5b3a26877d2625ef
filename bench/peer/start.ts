import { fileURLToPath } from 'node:url';
import { type Caller, newKey } from '../assertions.ts';
import { type Cores, onServerCore } from '../cores.ts';
import { freePort } from '../ports.ts';
import { type Running, start, untilReady } from '../processes.ts';
import type { PeerJob } from './server.ts';

const PROGRAM = fileURLToPath(new URL('./server.js', import.meta.url));

/** The peer, running: `oidc-provider` in production mode on the server's core. */
export interface Peer {
  readonly host: string;
  readonly port: number;
  readonly issuer: string;
  readonly agents: readonly Caller[];
  readonly resourceServer: Caller;
  readonly running: Running;
}

export interface PeerOptions {
  readonly databaseUrl: string;
  readonly agents: number;
  /** Connections of its pool. */
  readonly connections: number;
}

export async function startPeer(cores: Cores, options: PeerOptions): Promise<Peer> {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const ids = Array.from({ length: options.agents }, (_, index) => `agent-${index}`);
  const made = [...ids, 'orders-api'].map((id) => {
    const { privateKey, publicJwk } = newKey(id);
    return { caller: { id, kid: id, privateKey }, client: { id, publicJwk } };
  });
  const { databaseUrl, connections } = options;
  const clients = made.map(({ client }) => client);
  const job: PeerJob = { port, issuer, databaseUrl, connections, clients };
  const command = onServerCore(cores, [process.execPath, PROGRAM]);
  const running = start(command, { NODE_ENV: 'production' }, JSON.stringify(job));
  await untilReady(running, `${issuer}/.well-known/oauth-authorization-server`);
  const callers = made.map(({ caller }) => caller);
  const resourceServer = callers.pop();
  if (resourceServer === undefined) throw new Error('the peer needs its resource server');
  return { host: '127.0.0.1', port, issuer, agents: callers, resourceServer, running };
}
