import type { Overview, Story } from '../broker/overview.ts';
import type * as contract from '../contract/schemas/overview.ts';
import * as present from './present.ts';
import type { Loose } from './present.ts';

export function presentOverview(value: Overview) {
  const { now } = value;
  return {
    now: {
      open_tasks: now.openTasks,
      pending_approvals: now.pendingApprovals,
      live_leases: now.liveLeases,
      overdue_leases: now.overdueLeases,
      standing_stops: now.standingStops,
    },
    leases_by_resource: [...value.byResource],
    denials_24h: value.activity.reduce((sum, { denied }) => sum + denied, 0),
    activity: value.activity.map(({ hour, ...counts }) => ({
      hour: present.time(hour),
      ...counts,
    })),
    activity_since: present.time(value.activitySince),
    timeline: [...value.timeline],
  } satisfies Loose<contract.Overview>;
}

export function presentStory(value: Story) {
  return {
    task: present.task(value.task),
    items: [...value.items],
    grants: value.grants.map(present.grant),
    leases: value.leases.map(present.lease),
  };
}
