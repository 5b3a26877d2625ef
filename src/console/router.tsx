import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
} from '@tanstack/react-router';
import { SignedIn } from './layout/signed-in.tsx';
import { readApprovalsSearch } from './pages/approvals/search.ts';
import { readAuditSearch } from './pages/audit/search.ts';
import { readLeasesSearch } from './pages/leases/search.ts';
import { Lost } from './pages/lost.tsx';
import { OverviewPage } from './pages/overview/overview.tsx';
import { readPeopleSearch } from './pages/people/search.ts';
import { readPolicySearch } from './pages/policy/search.ts';
import { Waiting } from './parts/page.tsx';

const root = createRootRoute({ component: Outlet, notFoundComponent: Lost });

/** Everything below needs a session; without one the sign-in page stands in its place. */
const inside = createRoute({ getParentRoute: () => root, id: 'inside', component: SignedIn });
const at = <const Path extends string>(path: Path) => ({ getParentRoute: () => inside, path });

const pages = [
  createRoute({
    ...at('/'),
    // What most people see first: it comes with the shell.
    component: OverviewPage,
  }),
  createRoute({
    ...at('/approvals'),
    validateSearch: readApprovalsSearch,
    component: lazyRouteComponent(() => import('./pages/approvals/approvals.tsx'), 'ApprovalsPage'),
  }),
  createRoute({
    ...at('/approvals/$id'),
    component: lazyRouteComponent(() => import('./pages/approvals/approval.tsx'), 'ApprovalPage'),
  }),
  createRoute({
    ...at('/tasks'),
    component: lazyRouteComponent(() => import('./pages/tasks/tasks.tsx'), 'TasksPage'),
  }),
  createRoute({
    ...at('/tasks/$id'),
    component: lazyRouteComponent(() => import('./pages/tasks/task.tsx'), 'TaskPage'),
  }),
  createRoute({
    ...at('/agents'),
    component: lazyRouteComponent(() => import('./pages/agents/agents.tsx'), 'AgentsPage'),
  }),
  createRoute({
    ...at('/agents/$id'),
    component: lazyRouteComponent(() => import('./pages/agents/agent.tsx'), 'AgentPage'),
  }),
  createRoute({
    ...at('/resources'),
    component: lazyRouteComponent(() => import('./pages/resources/list.tsx'), 'ResourcesPage'),
  }),
  createRoute({
    ...at('/resources/$name'),
    component: lazyRouteComponent(() => import('./pages/resources/detail.tsx'), 'ResourcePage'),
  }),
  createRoute({
    ...at('/policy'),
    validateSearch: readPolicySearch,
    component: lazyRouteComponent(() => import('./pages/policy/page.tsx'), 'PolicyPage'),
  }),
  createRoute({
    ...at('/leases'),
    validateSearch: readLeasesSearch,
    component: lazyRouteComponent(() => import('./pages/leases/page.tsx'), 'LeasesPage'),
  }),
  createRoute({
    ...at('/leases/$id'),
    component: lazyRouteComponent(() => import('./pages/leases/detail.tsx'), 'LeasePage'),
  }),
  createRoute({
    ...at('/audit'),
    validateSearch: readAuditSearch,
    component: lazyRouteComponent(() => import('./pages/audit/page.tsx'), 'AuditPage'),
  }),
  createRoute({
    ...at('/operators'),
    validateSearch: readPeopleSearch,
    component: lazyRouteComponent(() => import('./pages/people/page.tsx'), 'PeoplePage'),
  }),
  createRoute({
    ...at('/operators/$id'),
    component: lazyRouteComponent(() => import('./pages/people/operator.tsx'), 'OperatorPage'),
  }),
  createRoute({
    ...at('/settings'),
    component: lazyRouteComponent(() => import('./pages/settings/page.tsx'), 'SettingsPage'),
  }),
] as const;

/** Opened by links, before there is a session. */
const links = (['/set-up', '/invitation'] as const).map((path) =>
  createRoute({
    getParentRoute: () => root,
    path,
    component: lazyRouteComponent(() => import('./pages/link/link.tsx'), 'LinkPage'),
  }),
);

export const router = createRouter({
  routeTree: root.addChildren([inside.addChildren(pages), ...links]),
  basepath: new URL(document.baseURI).pathname,
  defaultPreload: 'intent',
  defaultPendingComponent: Waiting,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
