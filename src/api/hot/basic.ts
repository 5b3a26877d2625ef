import type { IncomingMessage } from 'node:http';
import type { BasicCredentials } from '../../broker/authenticate-secret.ts';
import { invalidClient, invalidRequest } from '../../domain/errors.ts';
import { Secret } from '../../domain/secret.ts';
import { decodeFormText } from '../form.ts';

const BASIC = /^Basic +([A-Za-z0-9+/]{1,8192}={0,2})$/i;

/**
 * Id and secret of `client_secret_basic` (RFC 6749 §2.3.1): each was form-encoded before the two were
 * joined, so each is form-decoded before it is compared (row T9).
 *
 * @returns undefined for whatever is not read in exactly one way
 */
export function readBasic(header: string): BasicCredentials | undefined {
  const encoded = BASIC.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  const text = bytes.toString('utf8');
  if (bytes.toString('base64') !== encoded || !Buffer.from(text, 'utf8').equals(bytes)) {
    return undefined;
  }
  const colon = text.indexOf(':');
  const clientId = colon < 0 ? undefined : formDecoded(text.slice(0, colon));
  const secret = formDecoded(text.slice(colon + 1));
  return clientId && secret ? { clientId, secret: new Secret(secret) } : undefined;
}

/** The store has no NUL in any text. */
function formDecoded(text: string): string | undefined {
  const decoded = decodeFormText(text);
  return decoded?.includes('\0') ? undefined : decoded;
}

/** The credentials of a request that has an Authorization header. @throws invalidRequest | invalidClient */
export function basicOf(
  request: IncomingMessage,
  form: ReadonlyMap<string, string>,
): BasicCredentials {
  // Node keeps the first of two; somebody else on the way may have kept the last.
  const [header = '', ...others] = request.headersDistinct['authorization'] ?? [];
  if (others.length > 0 || form.has('client_assertion_type')) {
    throw invalidRequest('Authenticate in one way only.', 'client_assertion');
  }
  const credentials = readBasic(header);
  const named = form.get('client_id');
  if (!credentials || (named !== undefined && named !== credentials.clientId)) {
    throw invalidClient();
  }
  return credentials;
}
