import type { IncomingMessage } from 'node:http';
import { invalidClient, invalidRequest } from '../../domain/errors.ts';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/**
 * The client assertion of a form request (RFC 7521 §4.2), after ruling out every other and every
 * doubled way to authenticate (row T3).
 *
 * @throws invalidRequest | invalidClient
 */
export function assertionOf(request: IncomingMessage, form: ReadonlyMap<string, string>): string {
  const assertion = form.get('client_assertion');
  const others =
    Number(request.headers.authorization !== undefined) + Number(form.has('client_secret'));
  if (others > 1 || (others === 1 && assertion !== undefined)) {
    throw invalidRequest('Authenticate in one way only.', 'client_assertion');
  }
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
