import type { Broker } from '../broker/context.ts';
import type { RemoteSecrets } from '../ports/secrets.ts';
import type { Job } from './schedule.ts';

/**
 * Keeps the login at the place of remote secrets alive and notices new versions of those in use. A place
 * that does not answer makes no job late: what its absence means is told by its own health.
 */
export function refreshSecretsJob(
  broker: Pick<Broker, 'health'>,
  secrets: RemoteSecrets,
  everyMs: number,
  onAlarm: (error: unknown) => void,
): Job {
  return {
    name: 'secrets',
    everyMs,
    run: async () => {
      try {
        const changed = await secrets.refresh();
        if (changed.length > 0) broker.health.forget();
      } catch (error) {
        onAlarm(error);
      }
    },
  };
}
