import {
  type RegistrationResponseJSON,
  type VerifiedRegistrationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import { decodeAttestationObject } from '@simplewebauthn/server/helpers';
import { z } from 'zod';
import type { PasskeyRefusal, RegistrationVerdict } from '../ports/passkeys.ts';
import {
  type AuthenticatorFacts,
  authenticatorFacts,
  Base64Url,
  clientDataProblem,
  CredentialId,
} from './answer.ts';
import { authenticatorProblem } from './authenticator-problem.ts';
import { ALGORITHM_IDS, type RelyingParty } from './relying-party.ts';

const TRANSPORTS = ['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'];

const Attestation = z.object({
  id: CredentialId,
  rawId: CredentialId,
  type: z.literal('public-key'),
  response: z.object({
    clientDataJSON: Base64Url(8192),
    attestationObject: Base64Url(32_768),
    transports: z.array(z.string().max(20)).max(10).optional(),
  }),
});

/** Verifies the answer to registration options (WebAuthn Level 3 §7.1). Never throws. */
export async function verifyRegistration(
  party: RelyingParty,
  response: unknown,
  challenge: string,
): Promise<RegistrationVerdict> {
  const read = Attestation.safeParse(response);
  if (!read.success || read.data.id !== read.data.rawId) return refused('malformed');
  const { clientDataJSON, attestationObject, transports = [] } = read.data.response;
  const expected = { type: 'webauthn.create', challenge };
  const problem = clientDataProblem(party, clientDataJSON, expected);
  if (problem) return refused(problem);
  const facts = factsOf(attestationObject);
  if (!facts) return refused('malformed');
  const wrong = authenticatorProblem(party, facts);
  if (wrong) return refused(wrong);
  const verified = await byLibrary(party, read.data, challenge);
  if (typeof verified === 'string') return refused(verified);
  const { credential } = verified;
  // The id in the envelope is what later sign-ins are looked up by; the signed one is the credential's.
  if (credential.id !== read.data.id) return refused('credential');
  return {
    ok: true,
    passkey: {
      id: credential.id,
      publicKey: Buffer.from(credential.publicKey).toString('base64url'),
      signCount: facts.signCount,
      backupEligible: facts.backupEligible,
      backedUp: facts.backedUp,
      transports: transports.filter((one) => TRANSPORTS.includes(one)),
    },
  };
}

function factsOf(attestationObject: string): AuthenticatorFacts | undefined {
  try {
    const bytes = new Uint8Array(Buffer.from(attestationObject, 'base64url'));
    return authenticatorFacts(decodeAttestationObject(bytes).get('authData'));
  } catch {
    return undefined;
  }
}

type Verified = NonNullable<VerifiedRegistrationResponse['registrationInfo']>;

async function byLibrary(
  party: RelyingParty,
  answer: z.infer<typeof Attestation>,
  challenge: string,
): Promise<Verified | PasskeyRefusal> {
  try {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: { ...answer, clientExtensionResults: {} } as unknown as RegistrationResponseJSON,
      expectedChallenge: challenge,
      expectedOrigin: party.origin,
      expectedRPID: party.id,
      requireUserVerification: true,
      supportedAlgorithmIDs: [...ALGORITHM_IDS],
    });
    return verified && registrationInfo ? registrationInfo : 'signature';
  } catch (error) {
    const unfit = error instanceof Error && /public key alg/i.test(error.message);
    return unfit ? 'algorithm' : 'malformed';
  }
}

const refused = (reason: PasskeyRefusal): RegistrationVerdict => ({ ok: false, reason });
