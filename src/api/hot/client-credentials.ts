import type { IncomingMessage } from 'node:http';
import type { ClientAuthentication } from '../../broker/authenticate-client.ts';
import { invalidClient, invalidRequest } from '../../domain/errors.ts';
import { basicOf } from './basic.ts';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/**
 * The client assertion of a form request (RFC 7521 §4.2), or where that is enabled its id and secret, after ruling out every other and every
 * doubled way to authenticate (row T3).
 *
 * @throws invalidRequest | invalidClient
 */
export function authenticationOf(
  request: IncomingMessage,
  form: ReadonlyMap<string, string>,
  clientSecrets: boolean,
): ClientAuthentication {
  const assertion = form.get('client_assertion');
  const others =
    Number(request.headers.authorization !== undefined) + Number(form.has('client_secret'));
  if (others > 1 || (others === 1 && assertion !== undefined)) {
    throw invalidRequest('Authenticate in one way only.', 'client_assertion');
  }
  if (clientSecrets && request.headers.authorization !== undefined) return basicOf(request, form);
  if (assertion === undefined) {
    if (form.has('client_assertion_type')) {
      throw invalidRequest('client_assertion is missing.', 'client_assertion');
    }
    throw invalidClient();
  }
  if (form.get('client_assertion_type') !== ASSERTION_TYPE) {
    throw invalidRequest(
      `client_assertion_type must be ${ASSERTION_TYPE}.`,
      'client_assertion_type',
    );
  }
  const named = form.get('client_id');
  if (named !== undefined && named !== claimedId(assertion)) throw invalidClient();
  return assertion;
}

/** Who says it is asking, unverified: for limits only. */
export function claimant(authentication: ClientAuthentication): string {
  if (typeof authentication === 'string') return claimedId(authentication);
  return authentication.clientId.slice(0, 100);
}

/** Who the assertion says it is from, unverified: for limits only. */
export function claimedId(assertion: string | undefined): string {
  const payload = assertion?.split('.', 2)[1];
  if (payload === undefined || payload.length > 4_096) return '';
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    const sub = typeof claims === 'object' && claims !== null && 'sub' in claims ? claims.sub : '';
    return typeof sub === 'string' ? sub.slice(0, 100) : '';
  } catch {
    return '';
  }
}
