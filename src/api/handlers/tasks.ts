import { abandonLease } from '../../broker/abandon-lease.ts';
import { idempotent } from '../../broker/idempotent.ts';
import { issueCredential } from '../../broker/issue-credential.ts';
import { issueOnce } from '../../broker/issue-once.ts';
import { listScopes } from '../../broker/list-scopes.ts';
import { closeTask, openTask } from '../../broker/open-task.ts';
import { ownLease, ownOnly, ownTask, type RecordFilter } from '../../broker/own.ts';
import { renewLease } from '../../broker/renew-lease.ts';
import { revokeLease } from '../../broker/revoke-lease.ts';
import type { Task } from '../../domain/task.ts';
import type { Handlers } from '../handler.ts';
import { before, paged, pagedByName } from '../page.ts';
import * as present from '../present.ts';

interface ListQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly agent?: string | undefined;
  readonly task?: string | undefined;
  readonly resource?: string | undefined;
  readonly live?: 'true' | 'false' | undefined;
  readonly overdue?: 'true' | 'false' | undefined;
  readonly abandoned?: 'true' | 'false' | undefined;
}

/** One more than shown, so that the last page is known to be the last. */
function filterOf(query: ListQuery): RecordFilter {
  return {
    limit: query.limit + 1,
    ...before(query.cursor),
    ...(query.agent === undefined ? {} : { agentId: query.agent }),
    ...(query.task === undefined ? {} : { taskId: query.task }),
    ...(query.resource === undefined ? {} : { resource: query.resource }),
    live: query.live === 'true',
    overdue: query.overdue === 'true',
    abandoned: query.abandoned === 'true',
  };
}

export const taskHandlers: Pick<
  Handlers,
  | 'openTask'
  | 'listTasks'
  | 'getTask'
  | 'closeTask'
  | 'listGrants'
  | 'listTokens'
  | 'issueLease'
  | 'listLeases'
  | 'getLease'
  | 'renewLease'
  | 'revokeLease'
  | 'abandonLease'
  | 'listScopes'
> = {
  openTask: async ({ broker, principal, body, idempotencyKey }) => {
    const request = { ...body, ttlSeconds: body.ttl };
    const make = () => openTask(broker, principal, request);
    if (idempotencyKey === undefined) return present.task(await make());
    const scope = { principal: principal.id, operation: 'openTask', key: idempotencyKey };
    const repeat = (id: string) => ownTask(broker, principal, id);
    const verb = { make, repeat, referenceOf: (task: Task) => task.id };
    return present.task(await idempotent(broker, scope, body, verb));
  },
  listTasks: async ({ broker, principal, query }) => {
    const rows = await broker.tasks.list(ownOnly(principal, filterOf(query)));
    return paged(rows, query.limit, (row) => row.id, present.task);
  },
  getTask: async ({ broker, principal, params }) =>
    present.task(await ownTask(broker, principal, params['id'] ?? '')),
  closeTask: async ({ broker, principal, params, body }) =>
    present.task(await closeTask(broker, principal, params['id'] ?? '', body.reason ?? 'closed')),
  listGrants: async ({ broker, query }) => {
    const rows = await broker.grants.list(filterOf(query));
    return paged(rows, query.limit, (row) => row.id, present.grant);
  },
  listTokens: async ({ broker, query }) => {
    const rows = await broker.tokens.list(filterOf(query));
    return paged(rows, query.limit, (row) => row.jti, present.tokenRecord);
  },
  issueLease: async ({ broker, principal, body, idempotencyKey }) => {
    const issued =
      idempotencyKey === undefined
        ? await issueCredential(broker, principal, body)
        : await issueOnce(broker, principal, idempotencyKey, body);
    return {
      lease: present.lease(issued.lease),
      credential: issued.credential,
      info: issued.info,
    };
  },
  listLeases: async ({ broker, principal, query }) => {
    const rows = await broker.leases.list(ownOnly(principal, filterOf(query)));
    return paged(rows, query.limit, (row) => row.id, present.lease);
  },
  getLease: async ({ broker, principal, params }) =>
    present.lease(await ownLease(broker, principal, params['id'] ?? '')),
  renewLease: async ({ broker, principal, params }) =>
    present.lease(await renewLease(broker, principal, params['id'] ?? '')),
  revokeLease: async ({ broker, principal, params }) =>
    present.lease(await revokeLease(broker, principal, params['id'] ?? '')),
  abandonLease: async ({ broker, principal, params, body }) =>
    present.lease(await abandonLease(broker, principal, params['id'] ?? '', body.evidence)),
  listScopes: async ({ broker, principal, query }) =>
    pagedByName(
      await listScopes(broker, principal),
      query,
      (offer) => offer.scope.id,
      present.scopeTerms,
    ),
};
