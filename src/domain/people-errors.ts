import { BrokerError } from './errors.ts';

/** Errors of sign-in, sessions and links. One text for every reason: the reason itself is for the log. */

export function sessionEnded(): BrokerError {
  return new BrokerError('session_ended', 'This session has ended. Sign in again.');
}
/** A request with a session cookie that did not come from the console, or with an old token. */
export function csrfRefused(): BrokerError {
  return new BrokerError(
    'csrf_refused',
    'This request needs the Origin of the broker and the X-CSRF-Token of the session.',
    { hint: { how: 'Read GET /v1/session again and send its csrf.' } },
  );
}
export function stepUpRequired(): BrokerError {
  return new BrokerError('step_up_required', 'Use your passkey once more for this.', {
    hint: { how: 'POST /v1/session/step-up/challenges, answer it, and repeat the request.' },
  });
}
export function signInRefused(reason?: string): BrokerError {
  return new BrokerError('sign_in_refused', 'The sign-in was refused. Start it again.', {}, reason);
}
export function passkeyRefused(reason: string): BrokerError {
  const detail = 'The passkey was not accepted. Start the registration again.';
  return new BrokerError('passkey_refused', detail, {}, reason);
}
export function passkeysUnavailable(problem: string): BrokerError {
  return new BrokerError('passkeys_unavailable', problem);
}
export function linkInvalid(): BrokerError {
  return new BrokerError(
    'link_invalid',
    'This link is good for nothing: it was used, has expired, or never was one.',
    { hint: { how: 'Ask an admin for a new invitation.' } },
  );
}
