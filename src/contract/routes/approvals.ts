import { route } from '../route.ts';
import * as approvals from '../schemas/approvals.ts';
import { pageOf } from '../schemas/base.ts';

const ANSWERING = ['admin', 'approver'] as const;

/** Questions to persons, and their answers. */
export const APPROVALS_ROUTES = {
  listApprovals: route({
    method: 'GET',
    path: '/v1/approvals',
    caller: 'either',
    summary: 'List approvals, newest first (an agent sees its own)',
    query: approvals.ApprovalListQuery,
    status: 200,
    response: pageOf(approvals.Approval),
  }),
  getApproval: route({
    method: 'GET',
    path: '/v1/approvals/:id',
    caller: 'either',
    summary: 'Show an approval; with `wait`, once it is answered or that many seconds have passed',
    query: approvals.ApprovalQuery,
    status: 200,
    response: approvals.Approval,
  }),
  openApprovalChallenge: route({
    method: 'POST',
    path: '/v1/approvals/challenges',
    caller: 'operator',
    roles: ANSWERING,
    summary: 'Begin to answer approvals: a challenge over exactly these, for one signature',
    body: approvals.ApprovalChallengeCreate,
    status: 200,
    response: approvals.ApprovalChallenge,
  }),
  answerApprovals: route({
    method: 'POST',
    path: '/v1/approvals/answers',
    caller: 'operator',
    roles: ANSWERING,
    summary: 'Answer everything a challenge covers, by one signature',
    body: approvals.ApprovalAnswers,
    status: 200,
    response: approvals.AnsweredApprovals,
  }),
  answerApproval: route({
    method: 'POST',
    path: '/v1/approvals/:id/answer',
    caller: 'operator',
    roles: ANSWERING,
    summary: 'Answer one approval; a denial needs no signature',
    body: approvals.ApprovalAnswer,
    status: 200,
    response: approvals.Approval,
  }),
  withdrawApproval: route({
    method: 'POST',
    path: '/v1/approvals/:id/withdraw',
    caller: 'either',
    roles: ANSWERING,
    summary: 'Withdraw what was asked (the agent that asked, or an operator for it)',
    body: approvals.ApprovalWithdraw,
    status: 200,
    response: approvals.Approval,
  }),
} as const;
