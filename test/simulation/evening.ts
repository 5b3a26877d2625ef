import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { createVerifier, type Verdict } from '../../src/audit/verify.ts';
import { compose } from '../../src/main/compose.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { createClient } from '../../src/sdk/client.ts';
import type { ScopeId } from './bundle.ts';
import type { Fleet } from './fleet.ts';
import type { DayGround } from './ground.ts';
import { lookAtVault, lookOutside } from './outside.ts';

/** Backing off goes up to a minute, and a token that Vault made for nobody lives as long. */
const PATIENCE_MS = 240_000;

/** What is left when all faults are over and everything had its time. */
export interface Evening {
  /** Leases that are not proved gone, with their states. */
  readonly unsettled: readonly string[];
  readonly overdue: readonly string[];
  readonly liveTokens: number;
  /** Roles, clones, Vault's logins, leases and tokens. */
  readonly outside: readonly string[];
  /** Logins that were handed out and still exist. */
  readonly usable: readonly string[];
  /** Sessions that agents left open and nobody ended. */
  readonly openSessions: number;
  readonly verdict: Verdict;
  readonly leasesRecorded: number;
  /** Leases whose end is in the audit. */
  readonly revoked: number;
}

interface Day {
  readonly sessions: readonly pg.Client[];
  readonly handedOut: ReadonlyMap<string, ScopeId>;
}

/** Waits until nothing lives any more, or for as long as that may take; then looks at everything. */
export async function endOfDay(ground: DayGround, fleet: Fleet, day: Day): Promise<Evening> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const left = await leftOver(ground, day);
    const quiet =
      left.unsettled.length + left.liveTokens + left.outside.length + left.openSessions === 0;
    if (!quiet && performance.now() < deadline) {
      await sleep(250);
      continue;
    }
    const overdue = await overdueAt(ground, fleet);
    const { verdict, revoked } = await readAudit(ground);
    const names = new Set(left.outside);
    const usable = [...day.handedOut.keys()].filter((name) => names.has(name));
    const [count] = await ground.store.asSuperuser<{ n: number }>(
      'select count(*)::int as n from countersign.leases',
    );
    return { ...left, overdue, usable, verdict, revoked, leasesRecorded: count?.n ?? 0 };
  }
}

async function leftOver(ground: DayGround, day: Day) {
  const { asSuperuser } = ground.store;
  const leases = await asSuperuser<{ text: string }>(
    `select id || ' ' || state || ' ' || resource || ' ' || coalesce(last_error, '') as text
     from countersign.leases where state <> 'revoked'`,
  );
  const [tokens] = await asSuperuser<{ n: number }>(
    `select count(*)::int as n from countersign.tokens t
     join countersign.grants g on g.id = t.grant_id
     where t.revoked_at is null and t.expires_at > now() and g.ended_at is null`,
  );
  const { roles, sandboxes } = await lookOutside(ground);
  return {
    unsettled: leases.map(({ text }) => text),
    liveTokens: tokens?.n ?? 0,
    outside: [...roles, ...sandboxes, ...(await lookAtVault(ground))],
    openSessions: await openSessions(day.sessions),
  };
}

async function openSessions(sessions: readonly pg.Client[]): Promise<number> {
  const answers = await Promise.all(
    sessions.map((session) =>
      session.query('select 1').then(
        () => true,
        () => false,
      ),
    ),
  );
  return answers.filter(Boolean).length;
}

/** As the brokers themselves say it. */
async function overdueAt(ground: DayGround, fleet: Fleet): Promise<string[]> {
  const url = fleet.urls[0] ?? '';
  const admin = createClient({ url, operatorToken: ground.operatorToken });
  const { items } = await admin.call('listLeases', { query: { overdue: 'true' } });
  return items.map(({ id }) => id);
}

async function readAudit(ground: DayGround): Promise<{ verdict: Verdict; revoked: number }> {
  const { broker, dispose } = await compose(ground.config, createLogger({ level: 'silent' }));
  try {
    const head = await broker.auditLog.head();
    const verifier = createVerifier({ head });
    const revoked = new Set<string>();
    for await (const page of broker.auditLog.read(1, head.seq)) {
      for (const entry of page) {
        verifier.push(entry);
        if (entry.action === 'lease.revoked') revoked.add(entry.subject);
      }
    }
    return { verdict: verifier.finish(), revoked: revoked.size };
  } finally {
    await dispose();
  }
}
