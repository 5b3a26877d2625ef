import { createHash } from 'node:crypto';
import type { PasskeyRefusal } from '../ports/passkeys.ts';
import type { AuthenticatorFacts } from './answer.ts';
import type { RelyingParty } from './relying-party.ts';

/** What must hold of the authenticator data in either ceremony (WebAuthn Level 3 §7.1, §7.2). */
export function authenticatorProblem(
  party: RelyingParty,
  facts: AuthenticatorFacts,
): PasskeyRefusal | undefined {
  const rpIdHash = createHash('sha256').update(party.id).digest();
  if (!facts.rpIdHash.equals(rpIdHash)) return 'rp';
  if (!facts.userPresent) return 'user_presence';
  if (!facts.userVerified) return 'user_verification';
  // A backed-up passkey that cannot be backed up: no authenticator says so.
  if (facts.backedUp && !facts.backupEligible) return 'backup_flags';
  return undefined;
}
