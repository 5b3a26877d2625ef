import { Bot, Gauge, ListChecks, type LucideIcon } from 'lucide-react';

export interface Place {
  readonly to: '/' | '/agents' | '/tasks';
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
        { to: '/tasks', label: 'Tasks', icon: ListChecks, near: true },
        { to: '/agents', label: 'Agents', icon: Bot, near: true },
      ],
    },
  ];
