import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
} from '@tanstack/react-router';
import { SignedIn } from './layout/signed-in.tsx';
import { Lost } from './pages/lost.tsx';
import { Waiting } from './parts/page.tsx';

const root = createRootRoute({ component: Outlet, notFoundComponent: Lost });

/** Everything below needs a session; without one the sign-in page stands in its place. */
const inside = createRoute({ getParentRoute: () => root, id: 'inside', component: SignedIn });
const at = <const Path extends string>(path: Path) => ({ getParentRoute: () => inside, path });

const pages = [
  createRoute({
    ...at('/'),
    component: lazyRouteComponent(() => import('./pages/overview/overview.tsx'), 'OverviewPage'),
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
] as const;

export const router = createRouter({
  routeTree: root.addChildren([inside.addChildren(pages)]),
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
