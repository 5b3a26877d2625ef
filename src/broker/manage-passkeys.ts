import { conflict, notFound } from '../domain/errors.ts';
import type { Passkey } from '../domain/operator.ts';
import { passkeyRefused } from '../domain/people-errors.ts';
import { beginCeremony } from './ceremony.ts';
import type { Broker } from './context.ts';
import { findOperator } from './manage-operators.ts';
import { passkeyEntry } from './passkey-entry.ts';
import { journal } from './record.ts';
import { type HandedOut, refuseWithoutPasskeys } from './sign-in.ts';
import type { SignedIn } from './step-up.ts';

/** More than anybody has devices for. */
const MOST = 20;

const bindingOf = ({ session }: SignedIn) => `session:${session.id}`;

/**
 * Options for one more passkey of the caller's own.
 * @throws conflict when there are too many
 */
export async function startRegistration(broker: Broker, caller: SignedIn): Promise<HandedOut> {
  refuseWithoutPasskeys(broker);
  const existing = await broker.passkeyStore.listOf(caller.operatorId);
  if (existing.length >= MOST) throw conflict(`An operator has ${MOST} passkeys at most.`);
  const { id, name, email } = await findOperator(broker, caller.operatorId);
  const ceremony = await beginCeremony(broker, 'registration', bindingOf(caller));
  const publicKey = await broker.passkeys.registrationOptions({
    challenge: ceremony.challenge,
    operator: { id, name, email },
    exclude: existing.map((passkey) => passkey.id),
  });
  return { ceremonyId: ceremony.id, publicKey };
}

/** @throws passkeyRefused with one text for every reason */
export async function finishRegistration(
  broker: Broker,
  caller: SignedIn,
  answer: { readonly ceremonyId: string; readonly attestation: unknown; readonly name: string },
): Promise<Passkey> {
  const binding = bindingOf(caller);
  const ceremony = await broker.ceremonies.take(answer.ceremonyId, 'registration', binding);
  if (!ceremony) throw passkeyRefused('challenge');
  const verdict = await broker.passkeys.verifyRegistration(answer.attestation, ceremony.challenge);
  if (!verdict.ok) throw passkeyRefused(verdict.reason);
  const { operatorId } = caller;
  const added = await broker.passkeyStore.add(
    { ...verdict.passkey, operatorId, name: answer.name },
    passkeyEntry(broker, operatorId, verdict.passkey, 'session'),
  );
  if (!added) throw passkeyRefused('credential');
  return added;
}

/** Removes one of the caller's own; sessions that came by it end. @throws notFound | conflict */
export async function removePasskey(broker: Broker, caller: SignedIn, id: string): Promise<void> {
  const removal = await broker.passkeyStore.remove(id, caller.operatorId, {
    actor: caller.operatorId,
    action: 'passkey.removed',
    subject: caller.operatorId,
    detail: { credential_id: id },
  });
  if (removal.kind === 'unknown') throw notFound('Passkey');
  if (removal.kind === 'last_admin') {
    throw conflict('This is the last passkey of the last admin: register another one first.');
  }
  journal(broker, removal.unrecorded);
}
