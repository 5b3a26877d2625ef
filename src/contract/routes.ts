import { AGENTS_ROUTES } from './routes/agents.ts';
import { INSPECT_ROUTES } from './routes/inspect.ts';
import { NOTICES_ROUTES } from './routes/notices.ts';
import { APPROVALS_ROUTES } from './routes/approvals.ts';
import { OPERATE_ROUTES } from './routes/operate.ts';
import { OVERVIEW_ROUTES } from './routes/overview.ts';
import { PEOPLE_ROUTES } from './routes/people.ts';
import { OPERATIONS_ROUTES } from './routes/operations.ts';
import { POLICY_ROUTES } from './routes/policy.ts';
import { SANDBOX_ROUTES } from './routes/sandbox.ts';
import { SESSION_ROUTES } from './routes/sessions.ts';
import { TASKS_ROUTES } from './routes/tasks.ts';

/** The one table of `/v1` endpoints: server, SDK, CLI and OpenAPI read it. Keys are operation ids. */
export const ROUTES = {
  ...AGENTS_ROUTES,
  ...TASKS_ROUTES,
  ...APPROVALS_ROUTES,
  ...OPERATIONS_ROUTES,
  ...POLICY_ROUTES,
  ...OPERATE_ROUTES,
  ...INSPECT_ROUTES,
  ...SANDBOX_ROUTES,
  ...PEOPLE_ROUTES,
  ...SESSION_ROUTES,
  ...OVERVIEW_ROUTES,
  ...NOTICES_ROUTES,
} as const;

export type Routes = typeof ROUTES;
export type OperationId = keyof Routes;
