import { createLogger } from '../platform/logger.ts';
import { compose } from './compose.ts';
import { settingsFor } from './settings.ts';
import { explainListenError, untilSignal } from './until-signal.ts';

/** `countersign serve`: the broker in production, until SIGINT or SIGTERM. */
export async function runServe(): Promise<void> {
  const { config } = settingsFor('serve');
  const log = createLogger({ level: config.logLevel });
  const composed = await compose(config, log);
  const stopped = untilSignal();
  try {
    const port = await composed.start();
    const head = await composed.broker.auditLog.head();
    log.info(
      {
        port,
        issuer: config.http.issuer,
        bundle: composed.broker.policy.version() ?? null,
        audit_head: `${head.seq}:${head.hash}`,
      },
      'serving',
    );
  } catch (error) {
    await composed.stop().catch(() => undefined);
    throw explainListenError(error, config.http.port);
  }
  const signal = await stopped;
  log.info({ signal }, 'stopping');
  const head = await composed.stop();
  log.info({ audit_head: head }, 'stopped');
}
