import { z } from 'zod';
import { ADMIN, route } from '../route.ts';
import { PageQuery, pageOf } from '../schemas/base.ts';
import * as tasks from '../schemas/tasks.ts';

const LiveQuery = PageQuery.extend({
  agent: z.string().max(100).optional(),
  task: z.string().max(100).optional(),
  /** Only what has not ended. */
  live: z.enum(['true', 'false']).optional(),
});

/** Tasks and what hangs below them. */
export const TASKS_ROUTES = {
  openTask: route({
    method: 'POST',
    path: '/v1/tasks',
    caller: 'either',
    roles: ADMIN,
    summary: 'Open a task',
    body: tasks.TaskCreate,
    status: 201,
    response: tasks.Task,
    idempotent: true,
  }),
  listTasks: route({
    method: 'GET',
    path: '/v1/tasks',
    caller: 'either',
    summary: 'List tasks (an agent sees its own)',
    query: LiveQuery,
    status: 200,
    response: pageOf(tasks.Task),
  }),
  getTask: route({
    method: 'GET',
    path: '/v1/tasks/:id',
    caller: 'either',
    summary: 'Show a task',
    status: 200,
    response: tasks.Task,
  }),
  closeTask: route({
    method: 'POST',
    path: '/v1/tasks/:id/close',
    caller: 'either',
    roles: ['admin', 'approver'],
    summary: 'Close a task and end everything below it',
    body: tasks.TaskClose,
    status: 200,
    response: tasks.Task,
  }),
  listGrants: route({
    method: 'GET',
    path: '/v1/grants',
    caller: 'operator',
    summary: 'List grants',
    query: LiveQuery,
    status: 200,
    response: pageOf(tasks.Grant),
  }),
  listTokens: route({
    method: 'GET',
    path: '/v1/tokens',
    caller: 'operator',
    summary: 'List minted tokens (records, never the tokens)',
    query: LiveQuery,
    status: 200,
    response: pageOf(tasks.TokenRecord),
  }),
  issueLease: route({
    method: 'POST',
    path: '/v1/leases',
    caller: 'agent',
    summary: 'Issue a credential under a scope of this token',
    body: tasks.LeaseCreate,
    status: 201,
    response: tasks.IssuedLease,
    idempotent: true,
  }),
  listLeases: route({
    method: 'GET',
    path: '/v1/leases',
    caller: 'either',
    summary: 'List leases (an agent sees its own)',
    query: LiveQuery.extend({
      resource: z.string().max(100).optional(),
      overdue: z.enum(['true', 'false']).optional(),
      /** Given up on evidence. */
      abandoned: z.enum(['true', 'false']).optional(),
    }),
    status: 200,
    response: pageOf(tasks.Lease),
  }),
  getLease: route({
    method: 'GET',
    path: '/v1/leases/:id',
    caller: 'either',
    summary: 'Show a lease',
    status: 200,
    response: tasks.Lease,
  }),
  renewLease: route({
    method: 'POST',
    path: '/v1/leases/:id/renew',
    caller: 'agent',
    summary: 'Decide again and move the end of a lease, within its grant',
    status: 200,
    response: tasks.Lease,
  }),
  revokeLease: route({
    method: 'DELETE',
    path: '/v1/leases/:id',
    caller: 'either',
    roles: ['admin', 'approver'],
    summary: 'Revoke a lease; answers once its sessions are dead, or shows it as revoking',
    status: 200,
    response: tasks.Lease,
  }),
  abandonLease: route({
    method: 'POST',
    path: '/v1/leases/:id/abandon',
    caller: 'operator',
    roles: ADMIN,
    summary: 'Give up an overdue lease on evidence that its credential is dead',
    body: tasks.LeaseAbandon,
    status: 200,
    response: tasks.Lease,
  }),
  listScopes: route({
    method: 'GET',
    path: '/v1/scopes',
    caller: 'either',
    summary: 'What may I ask for, and on what terms (an operator sees the definitions)',
    query: PageQuery,
    status: 200,
    response: pageOf(tasks.ScopeTerms),
  }),
} as const;
