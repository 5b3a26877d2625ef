import { Secret } from '../domain/secret.ts';
import { linkInvalid } from '../domain/people-errors.ts';
import type { Link } from '../ports/links.ts';
import type { Broker } from './context.ts';
import { newSecret, type OneTimeSecret, sha256Of } from './one-time-secret.ts';
import { HOST_OPERATOR } from './operator-token.ts';

/** Recognisable, so that secret scanners find a leaked one. */
const PREFIX = 'cst_ln_';
const SET_UP_SECONDS = 15 * 60;

/** Where a link leads: its secret is in the fragment, which no browser sends. */
export function linkUrl(issuer: string, kind: Link['kind'], secret: Secret): Secret {
  const page = kind === 'set_up' ? 'set-up' : 'invitation';
  return new Secret(`${issuer}/console/${page}#${secret.reveal()}`);
}

export function newLinkSecret(): OneTimeSecret {
  return newSecret(PREFIX);
}

/**
 * The link by which the first admin comes in. Only for callers that hold the store's credentials.
 * @returns undefined once a passkey was registered: set-up closes after use
 */
export async function issueSetUpLink(
  broker: Pick<Broker, 'links' | 'newId' | 'issuer'>,
): Promise<{ readonly url: Secret; readonly expiresAt: number } | undefined> {
  const id = broker.newId('link');
  const { secret, sha256 } = newLinkSecret();
  const link = { id, sha256, ttlSeconds: SET_UP_SECONDS, createdBy: HOST_OPERATOR };
  const issued = await broker.links.issueSetUp(link, {
    actor: HOST_OPERATOR,
    action: 'set_up_link.issued',
    subject: id,
    detail: { ttl_seconds: SET_UP_SECONDS },
  });
  return issued && { url: linkUrl(broker.issuer, 'set_up', secret), expiresAt: issued.expiresAt };
}

/** The link behind a secret. @throws linkInvalid with one text for every reason */
export async function openLink(broker: Pick<Broker, 'links'>, secret: Secret): Promise<Link> {
  const link = await broker.links.find(sha256Of(secret));
  if (!link) throw linkInvalid();
  return link;
}
