import type { AuditDraft } from '../audit/entry.ts';
import type { NewPasskey } from '../ports/passkeys.ts';
import type { Broker } from './context.ts';

/**
 * The entry from which anybody who has the chain knows a passkey: the approvals it signs are verified
 * with this key and no other.
 */
export function passkeyEntry(
  broker: Pick<Broker, 'issuer'>,
  operatorId: string,
  passkey: NewPasskey,
  via: 'set_up' | 'invitation' | 'session',
): AuditDraft {
  return {
    actor: operatorId,
    action: 'passkey.registered',
    subject: operatorId,
    detail: {
      credential_id: passkey.id,
      public_key: passkey.publicKey,
      rp_id: new URL(broker.issuer).hostname,
      backup_eligible: passkey.backupEligible,
      backed_up: passkey.backedUp,
      via,
    },
  };
}
