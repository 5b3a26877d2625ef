import type { Readiness } from '../api/doors.ts';
import type { Broker } from '../broker/context.ts';
import type { Schedule } from '../jobs/schedule.ts';
import type { RemoteSecrets } from '../ports/secrets.ts';

/** Ready: store reachable, feed fresh, sweeper on time, secrets kept in Vault within reach. Overdue leases are told, not a reason. */
export function readinessOf(
  broker: Broker,
  schedule: Schedule,
  remote?: RemoteSecrets,
): () => Promise<Readiness> {
  // Anybody may ask, as often as they like: those who ask at once share one look at the store.
  let looking: Promise<Readiness> | undefined;
  return () => {
    looking ??= look(broker, schedule, remote).finally(() => {
      looking = undefined;
    });
    return looking;
  };
}

async function look(
  broker: Broker,
  schedule: Schedule,
  remote?: RemoteSecrets,
): Promise<Readiness> {
  const reasons: string[] = [];
  const feedAge = broker.feed.ageMs();
  if (feedAge > broker.limits.feedMaxAgeMs) {
    reasons.push('the revocation feed is older than 2 s');
  }
  for (const job of schedule.late()) reasons.push(`the job ${job} is late`);
  const away = remote?.health();
  reasons.push(...(away?.reasons ?? []));
  let overdue: number | undefined;
  try {
    overdue = await broker.leases.overdueCount();
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
      overdue_leases: overdue ?? null,
      journaled_entries: broker.journal.pending().length,
      ...(away?.awaySeconds === undefined ? {} : { vault_away_seconds: away.awaySeconds }),
    },
  };
}
