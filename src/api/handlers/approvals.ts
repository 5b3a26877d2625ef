import type { ServerResponse } from 'node:http';
import { awaitApproval, listApprovals } from '../../broker/read-approval.ts';
import { withdrawApproval } from '../../broker/withdraw-approval.ts';
import type { Handlers } from '../handler.ts';
import { before, paged } from '../page.ts';
import * as present from '../present-approval.ts';

/** Ends when the caller hangs up. */
function goneOf(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return gone.signal;
}

export const approvalHandlers: Pick<
  Handlers,
  'listApprovals' | 'getApproval' | 'withdrawApproval'
> = {
  listApprovals: async ({
    broker,
    principal,
    query: { limit, cursor, state, kind, agent, task },
  }) => {
    const filter = { limit: limit + 1, ...before(cursor), state, kind, taskId: task };
    const rows = await listApprovals(broker, principal, { ...filter, agentId: agent });
    return paged(rows, limit, (row) => row.approval.id, present.approval);
  },
  getApproval: async ({ broker, principal, params, query, response }) =>
    present.approval(
      await awaitApproval(broker, principal, params['id'] ?? '', query.wait, goneOf(response)),
    ),
  withdrawApproval: async ({ broker, principal, params, body }) =>
    present.approval(await withdrawApproval(broker, principal, params['id'] ?? '', body.reason)),
};
