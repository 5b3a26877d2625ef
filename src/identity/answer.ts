import { z } from 'zod';
import { readStrictJson } from '../domain/strict-json.ts';
import type { PasskeyRefusal } from '../ports/passkeys.ts';
import type { RelyingParty } from './relying-party.ts';

/** base64url without padding, in its one spelling. */
export const Base64Url = (longest: number) =>
  z
    .string()
    .max(longest)
    .regex(/^[A-Za-z0-9_-]+$/)
    .refine((text) => Buffer.from(text, 'base64url').toString('base64url') === text);

/** Credential ids have at most 1023 bytes (WebAuthn Level 3 §7.1 step 25). */
export const CredentialId = Base64Url(1364);

/** What both ceremonies have in common of the authenticator data (WebAuthn Level 3 §6.1). */
export interface AuthenticatorFacts {
  readonly userPresent: boolean;
  readonly userVerified: boolean;
  readonly backupEligible: boolean;
  readonly backedUp: boolean;
  readonly signCount: number;
  /** 32 bytes. */
  readonly rpIdHash: Buffer;
}

/** 16 bytes in base64url (WebAuthn Level 3 §13.4.3). */
const SHORTEST_CHALLENGE = 22;

const ClientData = z.object({
  type: z.string(),
  challenge: z.string(),
  origin: z.string(),
  crossOrigin: z.boolean().optional(),
  topOrigin: z.string().optional(),
});

/**
 * What the browser says about where it was asked. Each member that could tell another ceremony, another
 * place or another challenge is looked at here, before the library looks again.
 */
export function clientDataProblem(
  party: RelyingParty,
  encoded: string,
  expected: { readonly type: string; readonly challenge: string },
): PasskeyRefusal | undefined {
  const json = readStrictJson(Buffer.from(encoded, 'base64url').toString('utf8'));
  const read = ClientData.safeParse('problem' in json ? undefined : json.value);
  if (!read.success) return 'malformed';
  const { type, challenge, origin, crossOrigin, topOrigin } = read.data;
  if (type !== expected.type) return 'type';
  // Where no challenge was handed out there is nothing that could be answered, an empty one least of all.
  if (expected.challenge.length < SHORTEST_CHALLENGE) return 'challenge';
  if (challenge !== expected.challenge) return 'challenge';
  if (origin !== party.origin) return 'origin';
  if (crossOrigin === true || topOrigin !== undefined) return 'cross_origin';
  return undefined;
}

/** @returns undefined when it is too short to be authenticator data */
export function authenticatorFacts(data: Uint8Array): AuthenticatorFacts | undefined {
  if (data.length < 37) return undefined;
  const bytes = Buffer.from(data);
  const flags = bytes.readUInt8(32);
  const has = (bit: number) => (flags & (1 << bit)) !== 0;
  return {
    rpIdHash: bytes.subarray(0, 32),
    userPresent: has(0),
    userVerified: has(2),
    backupEligible: has(3),
    backedUp: has(4),
    signCount: bytes.readUInt32BE(33),
  };
}
