import { answerApproval, answerChallenge } from '../../broker/answer-approval.ts';
import { openChallenge } from '../../broker/approval-challenge.ts';
import { awaitApproval, listApprovals } from '../../broker/read-approval.ts';
import { withdrawApproval } from '../../broker/withdraw-approval.ts';
import { time } from '../present.ts';
import type { Handlers } from '../handler.ts';
import { before, paged } from '../page.ts';
import * as present from '../present-approval.ts';
import { goneOf } from './gone.ts';

export const approvalHandlers: Pick<
  Handlers,
  | 'listApprovals'
  | 'getApproval'
  | 'withdrawApproval'
  | 'openApprovalChallenge'
  | 'answerApprovals'
  | 'answerApproval'
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
  openApprovalChallenge: async ({ broker, principal, body }) => {
    const { challenge, publicKey } = await openChallenge(broker, principal, body);
    return {
      challenge_id: challenge.id,
      items: challenge.items,
      nonce: challenge.nonce,
      expires_at: time(challenge.expiresAt),
      publicKey,
    };
  },
  answerApprovals: async ({ broker, principal, body }) => {
    const { challenge_id: challengeId, assertion, reason } = body;
    const answer = { challengeId, assertion, reason };
    return { items: (await answerChallenge(broker, principal, answer)).map(present.approval) };
  },
  answerApproval: async ({ broker, principal, params, body }) => {
    const { challenge_id: challengeId, ...answer } = body;
    const id = params['id'] ?? '';
    return present.approval(
      await answerApproval(broker, principal, id, { ...answer, challengeId }),
    );
  },
  withdrawApproval: async ({ broker, principal, params, body }) =>
    present.approval(await withdrawApproval(broker, principal, params['id'] ?? '', body.reason)),
};
