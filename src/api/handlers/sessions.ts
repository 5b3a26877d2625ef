import { acceptLink, startRegistrationByLink } from '../../broker/accept-link.ts';
import { describeSession } from '../../broker/describe-session.ts';
import { openLink } from '../../broker/links.ts';
import { sha256Of } from '../../broker/one-time-secret.ts';
import { listSessions, revokeSession, signOut } from '../../broker/session.ts';
import { finishSso, startSso } from '../../broker/sign-in-sso.ts';
import { finishSignIn, startSignIn } from '../../broker/sign-in.ts';
import { finishStepUp, startStepUp } from '../../broker/step-up.ts';
import { isBrokerError } from '../../domain/errors.ts';
import { Secret } from '../../domain/secret.ts';
import { CLEAR_SESSION, setSession } from '../cookies.ts';
import type { Call, Handlers } from '../handler.ts';
import { pagedByAge } from '../page.ts';
import * as present from '../present-people.ts';
import { signedIn } from '../signed-in.ts';

type Answering = Pick<Call<'signIn'>, 'broker' | 'response'>;

/** Sets the cookie and shows the session it opens. */
async function opened({ broker, response }: Answering, secret: Secret) {
  response.appendHeader('Set-Cookie', setSession(secret));
  return present.session(await describeSession(broker, sha256Of(secret)), broker.issuer);
}

const answerOf = (body: { ceremony_id: string; assertion: { id: string } }) => ({
  ceremonyId: body.ceremony_id,
  credentialId: body.assertion.id,
  assertion: body.assertion,
});

export const sessionHandlers: Pick<
  Handlers,
  | 'getSignInOptions'
  | 'beginSignIn'
  | 'signIn'
  | 'beginSso'
  | 'finishSso'
  | 'openLink'
  | 'beginLinkRegistration'
  | 'acceptLink'
  | 'getSession'
  | 'signOut'
  | 'beginStepUp'
  | 'stepUp'
  | 'listSessions'
  | 'revokeSession'
> = {
  getSignInOptions: async ({ broker }) => ({
    passkey: broker.passkeys.problem === undefined,
    sso: broker.singleSignOn ? { name: broker.singleSignOn.name } : null,
    set_up: !(await broker.passkeyStore.anyEver()),
  }),
  beginSignIn: async ({ broker, visitor }) =>
    present.ceremony(await startSignIn(broker, visitor())),
  signIn: async (call) =>
    opened(call, await finishSignIn(call.broker, call.visitor(), answerOf(call.body))),
  beginSso: async ({ broker, visitor, response }) => {
    response.setHeader('Location', await startSso(broker, visitor()));
  },
  finishSso: async ({ broker, visitor, query, response, logRefusal }) => {
    const given = Object.entries(query).filter((pair): pair is [string, string] => !!pair[1]);
    try {
      const secret = await finishSso(broker, visitor(), Object.fromEntries(given));
      response.appendHeader('Set-Cookie', setSession(secret));
      response.setHeader('Location', `${broker.issuer}/console/`);
    } catch (error) {
      // A person looks at this, not a program: back to the page that can begin again.
      if (!isBrokerError(error) || error.code !== 'sign_in_refused') throw error;
      logRefusal(error);
      response.setHeader('Location', `${broker.issuer}/console/?sign_in=refused`);
    }
  },
  openLink: async ({ broker, body }) => {
    const { kind, operator, expiresAt } = await openLink(broker, new Secret(body.secret));
    const expires_at = new Date(expiresAt).toISOString();
    const { role = 'admin', email, name } = operator ?? {};
    return { kind, role, email, name, expires_at };
  },
  beginLinkRegistration: async ({ broker, visitor, body }) => {
    const { name, email } = body;
    const request = { secret: new Secret(body.secret), name, email };
    return present.ceremony(await startRegistrationByLink(broker, visitor(), request));
  },
  acceptLink: async (call) => {
    const { secret, ceremony_id, attestation, passkey_name = 'Passkey' } = call.body;
    const request = {
      secret: new Secret(secret),
      ceremonyId: ceremony_id,
      attestation,
      passkeyName: passkey_name,
    };
    return opened(call, await acceptLink(call.broker, call.visitor(), request));
  },
  getSession: async ({ broker, principal, visitor }) => {
    signedIn(principal);
    return present.session(await describeSession(broker, visitor().session), broker.issuer);
  },
  signOut: async ({ broker, principal, response }) => {
    await signOut(broker, principal, signedIn(principal).session);
    response.appendHeader('Set-Cookie', CLEAR_SESSION);
  },
  beginStepUp: async ({ broker, principal }) =>
    present.ceremony(await startStepUp(broker, signedIn(principal))),
  stepUp: async (call) => {
    const caller = signedIn(call.principal);
    return opened(call, await finishStepUp(call.broker, caller, answerOf(call.body)));
  },
  listSessions: async ({ broker, principal, query }) => {
    const own = query.operator ?? signedIn(principal).operatorId;
    const rows = await listSessions(broker, principal, own);
    return pagedByAge(rows, query, (row) => present.listedSession(row, principal.session?.id));
  },
  revokeSession: ({ broker, principal, params }) =>
    revokeSession(broker, principal, params['id'] ?? ''),
};
