import type { Hint } from './decision.ts';
import { BrokerError } from './errors.ts';
import type { JsonValue } from './strict-json.ts';

/** @param members `approval_id`, `approval_uri` and what the door in question adds */
export function approvalRequired(
  detail: string,
  members: Readonly<Record<string, JsonValue>>,
  hint: Hint,
): BrokerError {
  return new BrokerError('approval_required', detail, { members, hint });
}
export function approvalLimit(limit: number): BrokerError {
  return new BrokerError('approval_limit', `${limit} of your requests wait for approval already.`, {
    retryAfterSeconds: 30,
    hint: { how: 'Wait for an answer, or withdraw what you no longer need.' },
  });
}
/** It was answered, ended or changed meanwhile. @param state as it is now */
export function approvalOver(state: string): BrokerError {
  return new BrokerError(
    'approval_over',
    `This approval is ${state}: nothing more can be done with it.`,
    {
      members: { state },
    },
  );
}
/** This operator, or this signature, may not answer. @param why safe to show */
export function approvalRefused(why: string): BrokerError {
  return new BrokerError('approval_refused', why);
}
/** Answers to a poll (CIBA Core §11, RFC 8628 §3.5). */
export function pollAnswer(
  code: 'authorization_pending' | 'slow_down' | 'expired_token' | 'invalid_grant',
  intervalSeconds?: number,
): BrokerError {
  const members = intervalSeconds === undefined ? {} : { members: { interval: intervalSeconds } };
  return new BrokerError(code, POLL_ANSWERS[code], members);
}
const POLL_ANSWERS = {
  authorization_pending: 'Nobody has answered yet.',
  slow_down: 'You poll too often: wait 5 s longer between polls.',
  expired_token: 'Nobody answered in time. Ask again.',
  invalid_grant: 'This auth_req_id is not yours, not known, or was used.',
} as const;
