import { ADMIN, route } from '../route.ts';
import { PageQuery, pageOf } from '../schemas/base.ts';
import * as sandbox from '../schemas/sandbox.ts';

/** Templates, and what was changed in the databases cloned from them. */
export const SANDBOX_ROUTES = {
  listTemplates: route({
    method: 'GET',
    path: '/v1/resources/:name/templates',
    caller: 'operator',
    summary: 'Versions of the templates of a resource, newest first, with the progress of a build',
    query: PageQuery,
    status: 200,
    response: pageOf(sandbox.Template),
  }),
  refreshTemplate: route({
    method: 'POST',
    path: '/v1/resources/:name/templates/:template/refresh',
    caller: 'operator',
    roles: ADMIN,
    summary: 'Build the next version of a template; it goes on after the answer',
    status: 202,
    response: sandbox.Template,
  }),
  getLeaseChanges: route({
    method: 'GET',
    path: '/v1/leases/:id/changes',
    caller: 'either',
    summary: 'What was changed in the sandbox of a lease, against its template',
    status: 200,
    response: sandbox.Changes,
  }),
} as const;
