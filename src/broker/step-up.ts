import type { PrincipalSession } from '../domain/principal.ts';
import type { Secret } from '../domain/secret.ts';
import { signInRefused } from '../domain/people-errors.ts';
import { beginCeremony } from './ceremony.ts';
import type { Broker } from './context.ts';
import { newSecret } from './one-time-secret.ts';
import {
  type HandedOut,
  type PasskeyAnswer,
  passkeyUse,
  refuseWithoutPasskeys,
} from './sign-in.ts';

/** Whose session it is. */
export interface SignedIn {
  readonly operatorId: string;
  readonly session: PrincipalSession;
}

const bindingOf = ({ session }: SignedIn) => `session:${session.id}`;

/** Options for any of the operator's own passkeys. @throws passkeysUnavailable */
export async function startStepUp(broker: Broker, caller: SignedIn): Promise<HandedOut> {
  refuseWithoutPasskeys(broker);
  const allow = await broker.passkeyStore.listOf(caller.operatorId);
  const { id, challenge } = await beginCeremony(broker, 'step_up', bindingOf(caller));
  return {
    ceremonyId: id,
    publicKey: await broker.passkeys.assertionOptions({ challenge, allow }),
  };
}

/**
 * Proves again, with a passkey, that the person is there. The session gets a new secret.
 * @throws signInRefused with one text for every reason
 */
export async function finishStepUp(
  broker: Broker,
  caller: SignedIn,
  answer: PasskeyAnswer,
): Promise<Secret> {
  const ceremony = await broker.ceremonies.take(answer.ceremonyId, 'step_up', bindingOf(caller));
  const found = await broker.passkeyStore.find(answer.credentialId);
  const own = found?.operatorId === caller.operatorId ? found : undefined;
  const use = await passkeyUse(broker, own, ceremony?.challenge ?? '', answer.assertion);
  const next = newSecret();
  const to = { id: caller.session.id, operatorId: caller.operatorId, sha256: next.sha256 };
  const done = await broker.sessions.stepUp(to, use, {
    actor: caller.operatorId,
    action: 'operator.stepped_up',
    subject: caller.operatorId,
    detail: { session: caller.session.id, credential_id: use.id },
  });
  if (!done) throw signInRefused();
  return next.secret;
}
