import {
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  WebAuthnError,
} from '@simplewebauthn/browser';
import { callOnce } from './call.ts';
import { forgetSession, keepSession, type Session } from './session.ts';

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

/** The person or the authenticator said no. */
export class PasskeyError extends Error {
  constructor(cause: unknown) {
    super(sentenceFor(cause), { cause });
    this.name = 'PasskeyError';
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

/** Signs in with whichever passkey the person picks. */
export async function signInWithPasskey(): Promise<Session> {
  const { ceremony_id, publicKey } = await callOnce('beginSignIn', { body: {} });
  const assertion = await assertWith(publicKey);
  return callOnce('signIn', { body: { ceremony_id, assertion } });
}

/** Proves anew who is there. */
export async function stepUp(): Promise<void> {
  const { ceremony_id, publicKey } = await callOnce('beginStepUp', { body: {} });
  const assertion = await assertWith(publicKey);
  keepSession(await callOnce('stepUp', { body: { ceremony_id, assertion } }));
}

/** Ends the session, here at once whatever the broker says. */
export async function signOut(): Promise<void> {
  try {
    await callOnce('signOut');
  } finally {
    forgetSession();
  }
}
