import { z } from 'zod';

/** base64url; its spelling is checked where it is verified. */
const bytes = (longest: number) => z.string().min(1).max(longest);
/** 1023 bytes at most (WebAuthn Level 3 §7.1). */
const CredentialId = bytes(1364);

/** Options for the browser, in the JSON form of WebAuthn Level 3 §5.1.8 and §5.1.9. */
const Options = z.record(z.string(), z.unknown());

/** A challenge that was handed out: answered within five minutes, once, from where it was begun. */
export const Ceremony = z.object({ ceremony_id: z.string(), publicKey: Options });

/** `RegistrationResponseJSON`; what it has besides is left out. */
export const Attestation = z.object({
  id: CredentialId,
  rawId: CredentialId,
  type: z.literal('public-key'),
  response: z.object({
    clientDataJSON: bytes(8192),
    attestationObject: bytes(32_768),
    transports: z.array(z.string().max(20)).max(10).optional(),
  }),
});

/** `AuthenticationResponseJSON`; what it has besides is left out. */
export const Assertion = z.object({
  id: CredentialId,
  rawId: CredentialId,
  type: z.literal('public-key'),
  response: z.object({
    clientDataJSON: bytes(8192),
    authenticatorData: bytes(8192),
    signature: bytes(2048),
    userHandle: z.string().max(128).nullish(),
  }),
});
