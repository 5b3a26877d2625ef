import type { AuditEntry } from '../audit/entry.ts';
import { sentenceOf } from '../audit/sentence.ts';
import type { Grant } from '../domain/grant.ts';
import type { Lease } from '../domain/lease.ts';
import type { OperatorPrincipal } from '../domain/principal.ts';
import type { Task } from '../domain/task.ts';
import type { LiveFigures, RevocationPreview } from '../ports/overview.ts';
import type { RevocableTarget } from '../ports/endings.ts';
import type { Broker } from './context.ts';
import { ownTask } from './own.ts';

/** What the activity counts, and under which name. */
const COUNTED = {
  'token.minted': 'minted',
  'lease.issued': 'issued',
  'token.denied': 'denied',
  'lease.denied': 'denied',
  'decision.denied': 'denied',
  'approval.approved': 'approved',
} as const;
type Counted = (typeof COUNTED)[keyof typeof COUNTED];

const HOURS = 24;
const HOUR_MS = 3_600_000;
/** Entries the activity looks at, from the newest: some 100 ms of the store. */
const MOST_ENTRIES = 200_000;
const TIMELINE = 30;
const STORY = 1_000;

export interface Told extends Pick<AuditEntry, 'seq' | 'time' | 'actor' | 'action' | 'subject'> {
  /** What happened, as it follows the actor's name. */
  readonly text: string;
}

/** One hour of activity; `hour` is its start, Unix milliseconds. */
export type Hour = { readonly hour: number } & Readonly<Record<Counted, number>>;

export interface Overview {
  readonly now: Omit<LiveFigures, 'byResource'>;
  readonly byResource: readonly (LiveFigures['byResource'][number] & {
    readonly environment: string | undefined;
    readonly protected: boolean;
  })[];
  readonly activity: readonly Hour[];
  /** Where the audit is too busy for a whole day: since when the activity counts, Unix milliseconds. */
  readonly activitySince: number;
  readonly timeline: readonly Told[];
}

/** The state of everything, for a person who looks. */
export async function overview(broker: Broker): Promise<Overview> {
  const [live, counted, newest] = await Promise.all([
    broker.overview.live(),
    broker.overview.activity(Object.keys(COUNTED), HOURS, MOST_ENTRIES),
    broker.auditLog.list({ limit: TIMELINE }),
  ]);
  const { byResource, ...now } = live;
  return {
    now,
    byResource: byResource.map((it) => {
      const environment = broker.policy.resource(it.resource)?.environment;
      return { ...it, environment: environment?.name, protected: environment?.protected ?? false };
    }),
    activity: byHour(counted.rows, broker.clock.now()),
    activitySince: counted.since,
    timeline: newest.map(told),
  };
}

function byHour(
  rows: readonly { hour: number; action: string; count: number }[],
  now: number,
): Hour[] {
  const last = Math.floor(now / HOUR_MS) * HOUR_MS;
  const hours = Array.from({ length: HOURS }, (_, index) => ({
    hour: last - (HOURS - 1 - index) * HOUR_MS,
    minted: 0,
    issued: 0,
    denied: 0,
    approved: 0,
  }));
  for (const { hour, action, count } of rows) {
    const slot = hours.find((it) => it.hour === hour);
    if (slot && Object.hasOwn(COUNTED, action)) {
      slot[COUNTED[action as keyof typeof COUNTED]] += count;
    }
  }
  return hours;
}

export interface Story {
  readonly task: Task;
  readonly items: readonly Told[];
  readonly grants: readonly Grant[];
  readonly leases: readonly Lease[];
}

/** Everything that happened under one task, oldest first. @throws notFound */
export async function taskStory(
  broker: Broker,
  operator: OperatorPrincipal,
  id: string,
): Promise<Story> {
  const task = await ownTask(broker, operator, id);
  const filter = { taskId: id, limit: STORY };
  const [entries, grants, leases] = await Promise.all([
    broker.overview.story(id, STORY),
    broker.grants.list(filter),
    broker.leases.list(filter),
  ]);
  return { task, items: entries.reverse().map(told), grants, leases };
}

/** What a revocation of this target would end, counted now; it changes nothing. */
export function previewRevocation(
  broker: Broker,
  target: RevocableTarget,
): Promise<RevocationPreview> {
  return broker.overview.wouldEnd(target);
}

function told(entry: AuditEntry): Told {
  const { seq, time, actor, action, subject } = entry;
  return { seq, time, actor, action, subject, text: sentenceOf(entry) };
}
