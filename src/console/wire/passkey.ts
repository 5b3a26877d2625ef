import {
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  startRegistration,
  WebAuthnError,
} from '@simplewebauthn/browser';
import { ShownError } from '../parts/shown-error.ts';

/** Asks the authenticator for an assertion over the broker's options. @throws PasskeyError */
export async function assertWith(publicKey: Record<string, unknown>) {
  try {
    return await startAuthentication({
      optionsJSON: publicKey as unknown as PublicKeyCredentialRequestOptionsJSON,
    });
  } catch (error) {
    throw new PasskeyError(error);
  }
}

/** Asks the authenticator for a new passkey. @throws PasskeyError */
export async function registerWith(publicKey: Record<string, unknown>) {
  try {
    return await startRegistration({
      optionsJSON: publicKey as unknown as PublicKeyCredentialCreationOptionsJSON,
    });
  } catch (error) {
    throw new PasskeyError(error);
  }
}

/** The person or the authenticator said no. */
class PasskeyError extends ShownError {
  constructor(cause: unknown) {
    super(sentenceFor(cause), { cause });
  }
}

function sentenceFor(cause: unknown): string {
  const name = cause instanceof Error ? cause.name : '';
  if (
    cause instanceof WebAuthnError &&
    cause.code === 'ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED'
  ) {
    return 'This authenticator already holds a passkey of yours.';
  }
  if (name === 'NotAllowedError' || name === 'AbortError') {
    return 'The passkey was not used: cancelled, or too much time passed. Nothing was sent.';
  }
  if (name === 'SecurityError') {
    return 'This address is not the one the passkeys belong to. Open the console at its own name.';
  }
  return 'The passkey could not be used here. Nothing was sent.';
}
