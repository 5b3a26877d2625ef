import { approvalUri } from '../broker/ask-to-widen.ts';
import type { Broker } from '../broker/context.ts';
import type { WideningAsked } from '../contract/schemas/policy.ts';
import type { Approval } from '../domain/approval.ts';
import { Awaiting } from './handler.ts';
import * as present from './present.ts';

/** The answer to a change that has to be approved first. */
export function awaiting(broker: Pick<Broker, 'issuer'>, { id, expiresAt, card }: Approval) {
  const body: WideningAsked = {
    state: 'pending',
    approval_id: id,
    approval_uri: approvalUri(broker, id),
    expires_at: present.time(expiresAt),
    widens: [...card.plan],
  };
  return new Awaiting(body);
}
