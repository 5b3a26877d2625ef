import type { Readiness } from '../api/doors.ts';
import type { Broker } from '../broker/context.ts';
import type { Schedule } from '../jobs/schedule.ts';
import type { Overdue } from '../ports/leases.ts';
import type { RemoteSecrets } from '../ports/secrets.ts';

/** Ready: store reachable, feed fresh, sweeper on time, secrets kept in Vault within reach. Overdue leases are told, not a reason. */
export function readinessOf(
  broker: Broker,
  schedule: Schedule,
  keyProblem: () => string | undefined,
  remote?: RemoteSecrets,
): () => Promise<Readiness> {
  // Anybody may ask, as often as they like: those who ask at once share one look at the store.
  let looking: Promise<Readiness> | undefined;
  return () => {
    looking ??= look(broker, schedule, keyProblem(), remote).finally(() => {
      looking = undefined;
    });
    return looking;
  };
}

async function look(
  broker: Broker,
  schedule: Schedule,
  keyProblem: string | undefined,
  remote?: RemoteSecrets,
): Promise<Readiness> {
  const reasons = keyProblem === undefined ? [] : [keyProblem];
  const feedAge = broker.feed.ageMs();
  if (feedAge > broker.limits.feedMaxAgeMs) {
    reasons.push('the revocation feed is older than 2 s');
  }
  if (broker.restoreHold.open) {
    reasons.push('the store was restored; on this host: countersign restore show');
  }
  for (const job of schedule.late()) reasons.push(`the job ${job} is late`);
  const away = remote?.health();
  reasons.push(...(away?.reasons ?? []));
  let overdue: Overdue[] | undefined;
  let leftAlone: number | undefined;
  try {
    overdue = await broker.queue.overdue();
    leftAlone = await leftAloneOutside(broker);
    const active = await broker.bundles.active();
    if (active !== undefined && broker.policy.version() === undefined) {
      reasons.push(`the policy bundle ${active} is not compiled`);
    }
  } catch {
    reasons.push('the store cannot be reached');
  }
  return {
    ready: reasons.length === 0,
    reasons,
    detail: {
      feed_age_ms: Number.isFinite(feedAge) ? Math.round(feedAge) : null,
      bundle_version: broker.policy.version() ?? null,
      overdue_leases: overdue?.reduce((sum, { count }) => sum + count, 0) ?? null,
      overdue_oldest_s: overdueSeconds(overdue ?? [], broker.clock.now()) ?? null,
      left_alone_outside: leftAlone ?? null,
      journaled_entries: broker.journal.pending().length,
      ...(away?.awaySeconds === undefined ? {} : { vault_away_seconds: away.awaySeconds }),
    },
  };
}

/** For how many seconds the oldest overdue lease is so; undefined where none is. */
export function overdueSeconds(overdue: readonly Overdue[], nowMs: number): number | undefined {
  if (overdue.length === 0) return undefined;
  return Math.max(0, Math.round((nowMs - Math.min(...overdue.map(({ since }) => since))) / 1000));
}

/** Names at resources that the reconciler found and left alone. */
export async function leftAloneOutside({ reconciliations }: Broker): Promise<number> {
  return (await reconciliations.list()).reduce((sum, { leftAlone }) => sum + leftAlone, 0);
}
