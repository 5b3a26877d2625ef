import { conflict, invalidRequest } from '../domain/errors.ts';
import type { Operator } from '../domain/operator.ts';
import type { Secret } from '../domain/secret.ts';
import { textMember } from '../domain/strict-json.ts';
import { linkInvalid, passkeyRefused } from '../domain/people-errors.ts';
import type { Ceremony } from '../ports/ceremonies.ts';
import type { Link } from '../ports/links.ts';
import type { NewPasskey } from '../ports/passkeys.ts';
import type { NewSession } from '../ports/sessions.ts';
import { beginCeremony } from './ceremony.ts';
import type { Broker } from './context.ts';
import { openLink } from './links.ts';
import { passkeyEntry } from './passkey-entry.ts';
import { sealed } from './record.ts';
import { type HandedOut, refuseWithoutPasskeys } from './sign-in.ts';
import { bindingOf, newSession, type Visitor } from './visitor.ts';

/** Of this link and this browser only. */
const placeOf = (link: Link, visitor: Visitor) => `${link.id} ${bindingOf(visitor)}`;

/**
 * Options for the passkey of whoever opened a link.
 * @throws linkInvalid | passkeysUnavailable | invalidRequest when the e-mail is not the invited one
 */
export async function startRegistrationByLink(
  broker: Broker,
  visitor: Visitor,
  request: { readonly secret: Secret; readonly name: string; readonly email: string },
): Promise<HandedOut> {
  refuseWithoutPasskeys(broker);
  const link = await openLink(broker, request.secret);
  const email = request.email.toLowerCase();
  if (link.operator && link.operator.email !== email) {
    throw invalidRequest('email: this invitation is for another address.', 'email');
  }
  const operator = { id: link.operator?.id ?? broker.newId('operator'), name: request.name, email };
  const { id, challenge } = await beginCeremony(broker, 'link', placeOf(link, visitor), {
    ...operator,
  });
  const options = { challenge, operator, exclude: [] };
  return { ceremonyId: id, publicKey: await broker.passkeys.registrationOptions(options) };
}

/**
 * Uses a link up: its operator becomes active with a first passkey, and is signed in.
 * @returns the secret of the session
 * @throws linkInvalid | passkeyRefused | conflict
 */
export async function acceptLink(
  broker: Broker,
  visitor: Visitor,
  request: {
    readonly secret: Secret;
    readonly ceremonyId: string;
    readonly attestation: unknown;
    readonly passkeyName: string;
  },
): Promise<Secret> {
  const link = await openLink(broker, request.secret);
  const place = placeOf(link, visitor);
  const ceremony = await broker.ceremonies.take(request.ceremonyId, 'link', place);
  if (!ceremony) throw passkeyRefused('challenge');
  const verdict = await broker.passkeys.verifyRegistration(request.attestation, ceremony.challenge);
  if (!verdict.ok) throw passkeyRefused(verdict.reason);
  const operator = operatorOf(ceremony);
  const of = { operatorId: operator.id, method: 'passkey', passkeyId: verdict.passkey.id } as const;
  const { session, opened } = newSession(broker, visitor, of);
  const passkey = { ...verdict.passkey, name: request.passkeyName };
  const { id: linkId, kind } = link;
  const outcome = await broker.links.accept(
    { linkId, kind, operator, passkey, session },
    await entriesOf(broker, link, { operator, passkey, session }),
  );
  if (outcome === 'link_invalid') throw linkInvalid();
  if (outcome === 'passkey_taken') throw passkeyRefused('credential');
  if (outcome === 'email_taken') throw conflict('An operator with this e-mail exists already.');
  return opened.secret;
}

type Person = Pick<Operator, 'id' | 'name' | 'email'>;

/** As it was asked for when the ceremony began. */
function operatorOf({ payload }: Ceremony): Person {
  const text = (name: string) => textMember(payload, name);
  return { id: text('id'), name: text('name'), email: text('email') };
}

async function entriesOf(
  broker: Broker,
  link: Link,
  made: { operator: Person; passkey: NewPasskey; session: NewSession },
): Promise<Parameters<Broker['links']['accept']>[1]> {
  const { operator, passkey, session } = made;
  const { id, name, email } = operator;
  const role = link.operator?.role ?? 'admin';
  const words = await sealed(broker, id, { name, email });
  const detail = { credential_id: passkey.id, session: session.id, method: 'passkey' };
  return [
    {
      actor: id,
      action: link.kind === 'set_up' ? 'operator.set_up' : 'operator.joined',
      subject: id,
      detail: { role, link: link.id, ...words },
    },
    passkeyEntry(broker, id, passkey, link.kind),
    { actor: id, action: 'operator.signed_in', subject: id, detail },
  ];
}
