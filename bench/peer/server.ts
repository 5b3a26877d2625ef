import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import Provider from 'oidc-provider';
import pg from 'pg';
import { PEER_SCHEMA } from './adapter.ts';
import { type PeerClient, peerConfiguration } from './configuration.ts';

/** What the peer reads from stdin: the database URL holds a password, so never argv. */
export interface PeerJob {
  readonly port: number;
  readonly issuer: string;
  readonly databaseUrl: string;
  readonly connections: number;
  readonly clients: readonly PeerClient[];
}

const job = JSON.parse(await text(process.stdin)) as PeerJob;
const pool = new pg.Pool({ connectionString: job.databaseUrl, max: job.connections, min: 1 });
await pool.query(PEER_SCHEMA);
const configuration = peerConfiguration(pool, job.clients);
const provider = new Provider(job.issuer, configuration);
provider.on('server_error', (_context, error) => process.stderr.write(`${error.stack}\n`));
const server = createServer(provider.callback());
server.listen(job.port, '127.0.0.1');
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
  void pool.end();
});
