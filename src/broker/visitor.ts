import { createHash, randomBytes } from 'node:crypto';
import type { OneTimeSecret } from './one-time-secret.ts';
import { newSecret } from './one-time-secret.ts';
import type { Broker } from './context.ts';
import type { NewSession, Session } from '../ports/sessions.ts';

/** A browser that asks, signed in or not. */
export interface Visitor {
  /** The secret of its cookie for ceremonies, so that only it can end what it began. */
  readonly browser: string;
  /** SHA-256 of the session cookie it has. */
  readonly session: Buffer | undefined;
  readonly address: string;
  readonly userAgent: string;
}

/** Binds a ceremony to the browser it was begun in. */
export function bindingOf(visitor: Visitor): string {
  return `browser:${createHash('sha256').update(visitor.browser).digest('base64url')}`;
}

/** A session for that visitor, and the secret it is opened by; what it had before ends with it. */
export function newSession(
  broker: Pick<Broker, 'newId'>,
  visitor: Visitor,
  of: {
    readonly operatorId: string;
    readonly method: Session['method'];
    readonly passkeyId?: string;
  },
): { readonly session: NewSession; readonly opened: OneTimeSecret } {
  const opened = newSecret();
  const session: NewSession = {
    id: broker.newId('session'),
    sha256: opened.sha256,
    csrf: randomBytes(32).toString('base64url'),
    ...of,
    address: visitor.address,
    userAgent: visitor.userAgent,
    replaces: visitor.session,
  };
  return { session, opened };
}
