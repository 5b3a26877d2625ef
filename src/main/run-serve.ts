import type { Logger } from 'pino';
import type { Config } from '../platform/config/config.ts';
import { lockDataDir } from '../platform/embedded-postgres/data-dir-lock.ts';
import { createLogger } from '../platform/logger.ts';
import { compose } from './compose.ts';
import { settingsFor } from './settings.ts';
import { explainListenError, untilSignal } from './until-signal.ts';

/** `countersign serve`: the broker in production, until SIGINT or SIGTERM. */
export async function runServe(): Promise<void> {
  const { config } = settingsFor('serve');
  // The journal in it belongs to one broker.
  const release = await lockDataDir(config.dataDir);
  try {
    await serveUntilSignal(config, createLogger({ level: config.logLevel }));
  } finally {
    await release();
  }
}

async function serveUntilSignal(config: Config, log: Logger): Promise<void> {
  const stopped = untilSignal();
  const composed = await compose(config, log);
  const { broker } = composed;
  const { issuer } = config.http;
  try {
    const port = await composed.start();
    const { seq, hash } = await broker.auditLog.head();
    const bundle = broker.policy.version() ?? null;
    log.info({ port, issuer, bundle, audit_head: `${seq}:${hash}` }, 'serving');
  } catch (error) {
    await composed.stop().catch(() => undefined);
    throw explainListenError(error, config.http.port);
  }
  log.info({ signal: await stopped }, 'stopping');
  log.info({ audit_head: await composed.stop() }, 'stopped');
}
