import type { AgentPrincipal } from '../domain/principal.ts';
import type { Broker } from './context.ts';
import { idempotent } from './idempotent.ts';
import { type IssuedLease, issueCredential } from './issue-credential.ts';
import { revokeLease } from './revoke-lease.ts';

/**
 * `issueCredential` under an `Idempotency-Key`. A repeat never sees the first secret again: while the
 * first lease lives it is revoked and replaced, so the count of leases stays the same.
 */
export function issueOnce(
  broker: Broker,
  principal: AgentPrincipal,
  key: string,
  request: { scope: string },
): Promise<IssuedLease> {
  const scope = { principal: principal.id, operation: 'issueLease', key };
  return idempotent(broker, scope, request, {
    make: () => issueCredential(broker, principal, request),
    repeat: async (reference) => {
      await revokeLease(broker, principal, reference, 'replaced by a repeated request');
      return undefined;
    },
    referenceOf: ({ lease }) => lease.id,
  });
}
