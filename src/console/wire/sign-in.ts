import { callOnce } from './call.ts';
import { assertWith } from './passkey.ts';
import { forgetSession, keepSession, type Session } from './session.ts';

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
