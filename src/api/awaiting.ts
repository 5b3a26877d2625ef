import type { Broker } from '../broker/context.ts';
import type { WideningAsked } from '../contract/schemas/policy.ts';
import type { Approval } from '../domain/approval.ts';
import { Awaiting } from './handler.ts';
import * as present from './present.ts';

/** The answer to a change that has to be approved first. @param widens who gains what, as sentences */
export function awaiting(
  { issuer }: Pick<Broker, 'issuer'>,
  { id, expiresAt }: Approval,
  widens: readonly string[],
): Awaiting {
  const body: WideningAsked = {
    state: 'pending',
    approval_id: id,
    approval_uri: `${issuer}/console/approvals/${id}`,
    expires_at: present.time(expiresAt),
    widens: [...widens],
  };
  return new Awaiting(body);
}
