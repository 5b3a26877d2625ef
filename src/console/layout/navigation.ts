import {
  Bot,
  Database,
  Gauge,
  KeySquare,
  ListChecks,
  type LucideIcon,
  Scale,
  ScrollText,
  Settings,
  Signature,
  UsersRound,
} from 'lucide-react';

export interface Place {
  readonly to:
    | '/'
    | '/approvals'
    | '/agents'
    | '/tasks'
    | '/leases'
    | '/resources'
    | '/policy'
    | '/audit'
    | '/operators'
    | '/settings';
  readonly label: string;
  readonly icon: LucideIcon;
  /** In the bar at the bottom of a narrow screen. */
  readonly near?: true;
  /** Shows how many wait. */
  readonly counts?: 'approvals';
}

/** The pages, by what one comes for. */
export const NAVIGATION: readonly { readonly title: string; readonly places: readonly Place[] }[] =
  [
    {
      title: 'Now',
      places: [
        { to: '/', label: 'Overview', icon: Gauge, near: true },
        {
          to: '/approvals',
          label: 'Approvals',
          icon: Signature,
          near: true,
          counts: 'approvals',
        },
        { to: '/tasks', label: 'Tasks', icon: ListChecks, near: true },
        { to: '/agents', label: 'Agents', icon: Bot, near: true },
        { to: '/leases', label: 'Leases and tokens', icon: KeySquare },
      ],
    },
    {
      title: 'Rules',
      places: [
        { to: '/resources', label: 'Resources and scopes', icon: Database },
        { to: '/policy', label: 'Policy', icon: Scale },
      ],
    },
    {
      title: 'House',
      places: [
        { to: '/audit', label: 'Audit', icon: ScrollText },
        { to: '/operators', label: 'Operators and groups', icon: UsersRound },
        { to: '/settings', label: 'Settings', icon: Settings },
      ],
    },
  ];
