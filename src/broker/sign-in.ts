import type { Passkey } from '../domain/operator.ts';
import type { Secret } from '../domain/secret.ts';
import { passkeysUnavailable, signInRefused } from '../domain/people-errors.ts';
import type { CeremonyOptions, PasskeyRefusal } from '../ports/passkeys.ts';
import type { PasskeyUse } from '../ports/sessions.ts';
import { beginCeremony } from './ceremony.ts';
import type { Broker } from './context.ts';
import { bindingOf, newSession, type Visitor } from './visitor.ts';

/** What a browser gets to answer. */
export interface HandedOut {
  readonly ceremonyId: string;
  readonly publicKey: CeremonyOptions;
}

/** What a passkey answered, and which credential it says it is. */
export interface PasskeyAnswer {
  readonly ceremonyId: string;
  readonly credentialId: string;
  readonly assertion: unknown;
}

/**
 * The same for everybody: no name is asked for, so that nothing tells whose account exists.
 * @throws passkeysUnavailable
 */
export async function startSignIn(broker: Broker, visitor: Visitor): Promise<HandedOut> {
  refuseWithoutPasskeys(broker);
  const { id, challenge } = await beginCeremony(broker, 'sign_in', bindingOf(visitor));
  return { ceremonyId: id, publicKey: await broker.passkeys.assertionOptions({ challenge }) };
}

/**
 * Signs an operator in by a passkey; that is a step-up as well. Any session of this browser ends.
 * @returns the secret of the new session
 * @throws signInRefused with one text for every reason
 */
export async function finishSignIn(
  broker: Broker,
  visitor: Visitor,
  answer: PasskeyAnswer,
): Promise<Secret> {
  const ceremony = await broker.ceremonies.take(answer.ceremonyId, 'sign_in', bindingOf(visitor));
  const passkey = await broker.passkeyStore.find(answer.credentialId);
  const use = await passkeyUse(broker, passkey, ceremony?.challenge ?? '', answer.assertion);
  if (!passkey) throw signInRefused();
  const operator = await broker.operators.find(passkey.operatorId);
  // Who comes and goes with the identity provider must come by it: there it can be taken away.
  if (!operator || operator.roleFromSso) throw signInRefused();
  const of = { operatorId: operator.id, method: 'passkey', passkeyId: passkey.id } as const;
  const { session, opened } = newSession(broker, visitor, of);
  const signedIn = await broker.sessions.signIn(session, use, {
    actor: operator.id,
    action: 'operator.signed_in',
    subject: operator.id,
    detail: { session: session.id, method: 'passkey', credential_id: passkey.id },
  });
  if (!signedIn) throw signInRefused();
  return opened.secret;
}

/**
 * Verifies an assertion for sign-in or step-up. Without a passkey as much work is done as with one.
 * @throws signInRefused
 */
export async function passkeyUse(
  broker: Pick<Broker, 'passkeys' | 'auditLog'>,
  passkey: Passkey | undefined,
  challenge: string,
  assertion: unknown,
): Promise<PasskeyUse> {
  const verdict = await broker.passkeys.verifyAssertion(assertion, { challenge, passkey });
  if (verdict.ok && passkey) {
    return { id: passkey.id, signCount: verdict.signCount, backedUp: verdict.backedUp };
  }
  const reason: PasskeyRefusal = verdict.ok ? 'credential' : verdict.reason;
  if (reason === 'sign_count' && passkey) await reportCopy(broker, passkey);
  throw signInRefused(reason);
}

/** A good signature with an old counter: somebody has a copy of this passkey (WebAuthn Level 3 §6.1.1). */
async function reportCopy(broker: Pick<Broker, 'auditLog'>, passkey: Passkey): Promise<void> {
  await broker.auditLog.append([
    {
      actor: 'broker',
      action: 'passkey.copy_suspected',
      subject: passkey.operatorId,
      detail: { credential_id: passkey.id },
    },
  ]);
}

/** @throws passkeysUnavailable under an issuer that passkeys cannot belong to */
export function refuseWithoutPasskeys(broker: Pick<Broker, 'passkeys'>): void {
  if (broker.passkeys.problem !== undefined) throw passkeysUnavailable(broker.passkeys.problem);
}
