import { isIP } from 'node:net';
import type { CeremonyOptions, Passkeys } from '../ports/passkeys.ts';
import { ALGORITHM_IDS, type RelyingParty } from './relying-party.ts';
import { decoyFor } from './decoy-passkey.ts';

const RP_NAME = 'Countersign';
/** Milliseconds the browser waits for the person. */
const PATIENCE_MS = 120_000;

/** Loaded when the first person comes: most processes mint tokens for days before, and would carry it along. */
const library = () => import('@simplewebauthn/server');

/**
 * WebAuthn for one issuer. The RP id is the issuer's host, so that a passkey for it works on no other
 * host; browsers take no address for one.
 */
export function createPasskeys(issuer: string): Passkeys {
  const { hostname, origin } = new URL(issuer);
  const party: RelyingParty = { id: hostname, origin };
  const address = isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
  return {
    problem: address
      ? `Passkeys belong to a host name, and the issuer ${issuer} names an address: set COUNTERSIGN_ISSUER to a name (localhost works).`
      : undefined,
    registrationOptions: async ({ challenge, operator, exclude }) =>
      asOptions(
        await (await library()).generateRegistrationOptions({
          rpName: RP_NAME,
          rpID: party.id,
          userName: operator.email,
          userDisplayName: operator.name,
          userID: new Uint8Array(Buffer.from(operator.id, 'utf8')),
          challenge: bytesOf(challenge),
          timeout: PATIENCE_MS,
          attestationType: 'none',
          excludeCredentials: exclude.map((id) => ({ id })),
          authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
          supportedAlgorithmIDs: [...ALGORITHM_IDS],
        }),
      ),
    verifyRegistration: async (response, challenge) => {
      const { verifyRegistration } = await import('./verify-registration.ts');
      return verifyRegistration(party, response, challenge);
    },
    assertionOptions: async ({ challenge, allow }) =>
      asOptions(
        await (await library()).generateAuthenticationOptions({
          rpID: party.id,
          challenge: bytesOf(challenge),
          timeout: PATIENCE_MS,
          userVerification: 'required',
          ...(allow ? { allowCredentials: allow.map(asAllowed) } : {}),
        }),
      ),
    verifyAssertion: (response, about) => verifyOrDecoy(party, response, about),
  };
}

/** Without a passkey as much is done as with one. */
async function verifyOrDecoy(
  party: RelyingParty,
  response: unknown,
  { challenge, passkey }: Parameters<Passkeys['verifyAssertion']>[1],
): ReturnType<Passkeys['verifyAssertion']> {
  const { verifyAssertion } = await import('./verify-assertion.ts');
  if (passkey) return verifyAssertion(party, response, { challenge, passkey });
  await verifyAssertion(party, response, { challenge, passkey: decoyFor(response) });
  return { ok: false, reason: 'credential' };
}

type Allowed = NonNullable<Parameters<Passkeys['assertionOptions']>[0]['allow']>[number];

function asAllowed({ id, transports }: Allowed) {
  return { id, transports: [...transports] };
}

function bytesOf(challenge: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(challenge, 'base64url'));
}

/** Without members that are undefined: what is sent is JSON. */
function asOptions(options: object): CeremonyOptions {
  return JSON.parse(JSON.stringify(options)) as CeremonyOptions;
}
