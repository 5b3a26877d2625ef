import type { Broker } from '../broker/context.ts';
import type { Delivery, NoticeChannel } from '../ports/notices.ts';
import type { Job } from './schedule.ts';

const AT_ONCE = 10;
const ATTEMPT_MS = 15_000;
/** After the n-th failure; the last one repeats until a day is over. */
const DELAYS_MS = [5_000, 30_000, 120_000, 600_000, 1_800_000] as const;
const GIVE_UP_AFTER_MS = 24 * 3_600_000;

/** Sends what waits in the outbox; a channel that is away is tried again for a day. */
export function noticesJob(
  broker: Broker,
  channels: readonly NoticeChannel[],
  everyMs: number,
  onGivenUp: (delivery: Delivery, cause: string) => void,
): Job {
  const byName = new Map(channels.map((channel) => [channel.name, channel]));

  async function one(delivery: Delivery): Promise<void> {
    const channel = byName.get(delivery.channel);
    if (!channel) return;
    const link = `${broker.issuer}${delivery.notice.path}`;
    const signal = AbortSignal.timeout(ATTEMPT_MS);
    const failed = await channel
      .send(delivery.notice, link, signal)
      .catch(() => ({ failure: 'it failed', permanent: false }));
    if (!failed) {
      await broker.outbox.delivered(delivery);
      return;
    }
    const tooOld = broker.clock.now() - delivery.notice.createdAt > GIVE_UP_AFTER_MS;
    const retryIn = failed.permanent || tooOld ? undefined : delayAfter(delivery.attempts);
    if (retryIn === undefined) onGivenUp(delivery, failed.failure);
    await broker.outbox.failed(delivery, failed.failure, retryIn);
  }

  return {
    name: 'notices',
    everyMs,
    run: async () => {
      const claimed = await broker.outbox.claim([...byName.keys()], AT_ONCE, ATTEMPT_MS * 2);
      await Promise.all(claimed.map(one));
      return claimed.length === AT_ONCE ? 'again' : undefined;
    },
  };
}

/** Some jitter, so that what failed together is not tried together. */
function delayAfter(attempts: number): number {
  const delay = DELAYS_MS[Math.min(attempts, DELAYS_MS.length) - 1] ?? DELAYS_MS[0];
  return delay * (0.8 + 0.4 * Math.random());
}
