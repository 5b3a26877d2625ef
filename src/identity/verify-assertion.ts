import {
  type AuthenticationResponseJSON,
  verifyAuthenticationResponse,
} from '@simplewebauthn/server';
import { z } from 'zod';
import type { Passkey } from '../domain/operator.ts';
import type { AssertionVerdict, PasskeyRefusal } from '../ports/passkeys.ts';
import { authenticatorFacts, Base64Url, clientDataProblem, CredentialId } from './answer.ts';
import { authenticatorProblem } from './authenticator-problem.ts';
import type { RelyingParty } from './relying-party.ts';

const Assertion = z.object({
  id: CredentialId,
  rawId: CredentialId,
  type: z.literal('public-key'),
  response: z.object({
    clientDataJSON: Base64Url(8192),
    authenticatorData: Base64Url(8192),
    signature: Base64Url(2048),
    userHandle: z.string().max(128).nullish(),
  }),
});
type Assertion = z.infer<typeof Assertion>;

/** Verifies the answer to assertion options (WebAuthn Level 3 §7.2). Never throws. */
export async function verifyAssertion(
  party: RelyingParty,
  response: unknown,
  { challenge, passkey }: { readonly challenge: string; readonly passkey: Passkey },
): Promise<AssertionVerdict> {
  const read = Assertion.safeParse(response);
  if (!read.success || read.data.id !== read.data.rawId) return refused('malformed');
  const { clientDataJSON, authenticatorData } = read.data.response;
  const facts = authenticatorFacts(Buffer.from(authenticatorData, 'base64url'));
  if (!facts) return refused('malformed');
  const problem =
    credentialProblem(read.data, passkey) ??
    clientDataProblem(party, clientDataJSON, { type: 'webauthn.get', challenge }) ??
    authenticatorProblem(party, facts);
  if (problem) return refused(problem);
  // BE is a property of the credential for life (§6.1.3).
  if (facts.backupEligible !== passkey.backupEligible) return refused('backup_flags');
  // Signed first: nobody but the key's holder may raise the alarm of a copied passkey.
  if (!(await isSigned(party, read.data, challenge, passkey))) return refused('signature');
  const counts = facts.signCount > 0 || passkey.signCount > 0;
  if (counts && facts.signCount <= passkey.signCount) return refused('sign_count');
  return { ok: true, signCount: facts.signCount, backedUp: facts.backedUp };
}

/** The answer must be of that passkey, and name its operator or nobody (§7.2 step 6). */
function credentialProblem(
  { id, response }: Assertion,
  passkey: Passkey,
): PasskeyRefusal | undefined {
  if (id !== passkey.id) return 'credential';
  const { userHandle } = response;
  if (userHandle === undefined || userHandle === null || userHandle === '') return undefined;
  const handle = Buffer.from(passkey.operatorId, 'utf8').toString('base64url');
  return userHandle === handle ? undefined : 'user_handle';
}

async function isSigned(
  party: RelyingParty,
  answer: Assertion,
  challenge: string,
  passkey: Passkey,
): Promise<boolean> {
  try {
    const { verified } = await verifyAuthenticationResponse({
      response: { ...answer, clientExtensionResults: {} } as unknown as AuthenticationResponseJSON,
      expectedChallenge: challenge,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      credential: {
        id: passkey.id,
        publicKey: new Uint8Array(Buffer.from(passkey.publicKey, 'base64url')),
        // Counted by the caller, so that a copied passkey is told from a bad signature.
        counter: 0,
      },
    });
    return verified;
  } catch {
    return false;
  }
}

const refused = (reason: PasskeyRefusal): AssertionVerdict => ({ ok: false, reason });
