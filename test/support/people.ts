import { randomBytes } from 'node:crypto';
import { issueSetUpLink } from '../../src/broker/links.ts';
import type { OperatorRole } from '../../src/domain/principal.ts';
import { type Authenticator, createAuthenticator, type Deviation } from './authenticator.ts';
import { acceptLink } from './accept-link.ts';
import { createBrowser, type Browser, type BrowserAnswer } from './browser.ts';
import type { TestBroker } from './broker.ts';

/** A signed-in operator, with a passkey in software and a browser of his own. */
export interface Person {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly passkey: Authenticator;
  readonly browser: Browser;
  /** One request in the session: cookie, origin and CSRF token go with it. No status is an error. */
  call(method: string, path: string, body?: unknown): Promise<BrowserAnswer>;
  /** The same; another status than `2xx` throws. */
  done(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>;
  /** Signs in again, in a fresh session. */
  signIn(deviation?: Deviation): Promise<BrowserAnswer>;
  stepUp(deviation?: Deviation): Promise<BrowserAnswer>;
}

export interface PersonOptions {
  readonly role?: OperatorRole;
  readonly email?: string;
  readonly name?: string;
  /** An admin; the first person on a broker comes in by the set-up link, whatever the role says. */
  readonly invitedBy?: Person;
  /** Whether the passkey counts its uses. */
  readonly counts?: boolean;
}

/**
 * Brings a person in through the doors: by the set-up link where nobody is there yet (an admin then), else by
 * an invitation of `invitedBy`, or of the host.
 */
export async function aPerson(broker: TestBroker, options: PersonOptions = {}): Promise<Person> {
  const email = options.email ?? `${randomBytes(4).toString('hex')}@example.com`;
  const name = options.name ?? `Person ${email.split('@')[0]}`;
  const role = options.role ?? 'admin';
  const { issuer } = broker.config.http;
  const url = await linkFor(broker, { name, email, role }, options.invitedBy);
  const browser = createBrowser(broker.url, issuer);
  const passkey = createAuthenticator(
    new URL(issuer).origin,
    options.counts ? { counts: true } : {},
  );
  const accepted = await acceptLink({ browser, passkey }, url, { name, email });
  const { id } = accepted['operator'] as { id: string };
  return { id, name, email, passkey, browser, ...inSession(browser, passkey) };
}

async function linkFor(
  broker: TestBroker,
  person: { name: string; email: string; role: OperatorRole },
  invitedBy: Person | undefined,
): Promise<string> {
  if (invitedBy) {
    const invited = await invitedBy.done('POST', '/v1/operators', person);
    return (invited['invitation'] as { url: string }).url;
  }
  const setUp = await issueSetUpLink(broker.composed.broker);
  if (setUp) return setUp.url.reveal();
  const admin = await broker.operator();
  return (await admin.call('inviteOperator', { body: person })).invitation.url;
}

function inSession(
  browser: Browser,
  passkey: Authenticator,
): Pick<Person, 'call' | 'done' | 'signIn' | 'stepUp'> {
  const answer = async (path: string, begun: BrowserAnswer, deviation?: Deviation) => {
    const assertion = passkey.assert(begun.body['publicKey'], deviation);
    const done = await browser.call('POST', path, {
      ceremony_id: begun.body['ceremony_id'],
      assertion,
    });
    if (done.status === 200) browser.csrf = String(done.body['csrf']);
    return done;
  };
  return {
    call: browser.call,
    done: browser.done,
    signIn: async (deviation) =>
      answer('/v1/sign-in', await browser.call('POST', '/v1/sign-in/challenges', {}), deviation),
    stepUp: async (deviation) => {
      const begun = await browser.call('POST', '/v1/session/step-up/challenges', {});
      return answer('/v1/session/step-up', begun, deviation);
    },
  };
}
