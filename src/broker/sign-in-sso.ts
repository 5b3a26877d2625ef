import { randomBytes } from 'node:crypto';
import type { AuditDraft, AuditDetail } from '../audit/entry.ts';
import { notFound } from '../domain/errors.ts';
import type { Secret } from '../domain/secret.ts';
import { textMember } from '../domain/strict-json.ts';
import { signInRefused } from '../domain/people-errors.ts';
import type { SingleSignOn, SsoIdentity } from '../ports/single-sign-on.ts';
import type { Arrived } from '../ports/sso-arrivals.ts';
import { beginCeremony } from './ceremony.ts';
import type { Broker } from './context.ts';
import { sealed } from './record.ts';
import { bindingOf, newSession, type Visitor } from './visitor.ts';

const random = () => randomBytes(32).toString('base64url');

/**
 * Begins a sign-in at the identity provider, for this browser.
 * @returns where to send it
 * @throws notFound where none is set up | signInRefused when the provider cannot be reached
 */
export async function startSso(broker: Broker, visitor: Visitor): Promise<string> {
  const sso = required(broker);
  const payload = { nonce: random(), verifier: random() };
  const { id, challenge } = await beginCeremony(broker, 'sso', bindingOf(visitor), payload);
  try {
    return await sso.authorizationUrl({ ...payload, state: `${id}.${challenge}` });
  } catch (error) {
    throw signInRefused(error instanceof Error ? error.message : 'no authorization URL');
  }
}

/**
 * Ends it with the provider's answer.
 * @returns the secret of the session
 * @throws signInRefused with one text for every reason
 */
export async function finishSso(
  broker: Broker,
  visitor: Visitor,
  parameters: Readonly<Record<string, string>>,
): Promise<Secret> {
  const sso = required(broker);
  const { state = '' } = parameters;
  const [id = ''] = state.split('.', 1);
  const ceremony = await broker.ceremonies.take(id, 'sso', bindingOf(visitor));
  if (!ceremony) throw signInRefused('challenge');
  const verdict = await sso.identify(parameters, {
    state: `${ceremony.id}.${ceremony.challenge}`,
    nonce: textMember(ceremony.payload, 'nonce'),
    verifier: textMember(ceremony.payload, 'verifier'),
  });
  if (!verdict.ok) throw signInRefused(verdict.reason);
  return admit(broker, visitor, verdict.identity);
}

async function admit(broker: Broker, visitor: Visitor, identity: SsoIdentity): Promise<Secret> {
  const { oidc, email, role } = identity;
  const id = broker.newId('operator');
  const name = identity.name ?? email ?? oidc.sub;
  const words = await sealed(broker, id, { name, email, iss: oidc.iss, sub: oidc.sub });
  const { session, opened } = newSession(broker, visitor, { operatorId: id, method: 'sso' });
  const operator = await broker.ssoArrivals.arrive(
    { id, oidc, email, name, role },
    session,
    (arrived) => entriesOf(arrived, session.id, words),
  );
  if (!operator) throw signInRefused('no operator, or no role by the groups');
  return opened.secret;
}

function entriesOf(
  { operator, how, before }: Arrived,
  session: string,
  words: AuditDetail,
): AuditDraft[] {
  const of = { actor: operator.id, subject: operator.id };
  const { role } = operator;
  const entries: AuditDraft[] = [];
  if (before?.state !== 'active') {
    const detail = { role, via: 'sso', ...(how === 'new' ? words : {}) };
    entries.push({ ...of, action: 'operator.joined', detail });
  } else if (how === 'linked') {
    entries.push({ ...of, action: 'operator.linked', detail: { via: 'sso' } });
  }
  if (before && before.role !== role) {
    const detail = { from: before.role, to: role, via: 'sso' };
    entries.push({ ...of, action: 'operator.role_changed', detail });
  }
  return [...entries, { ...of, action: 'operator.signed_in', detail: { session, method: 'sso' } }];
}

function required(broker: Pick<Broker, 'singleSignOn'>): SingleSignOn {
  if (!broker.singleSignOn) throw notFound('Single sign-on');
  return broker.singleSignOn;
}
