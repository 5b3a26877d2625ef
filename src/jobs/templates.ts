import type { Broker } from '../broker/context.ts';
import { sweepTemplates } from '../broker/sweep-templates.ts';
import type { Job } from './schedule.ts';

/** Lets versions of templates go, one a round: dropping a database takes a while. */
export function templatesJob(
  broker: Broker,
  everyMs: number,
  onAlarm: (error: unknown) => void,
): Job {
  return {
    name: 'templates',
    everyMs,
    // A sandbox server that is away keeps this broker from nothing else.
    run: () => sweepTemplates(broker).then(() => undefined, onAlarm),
  };
}
