import type { ClientAuthentication } from '../../broker/authenticate-client.ts';
import type { Broker } from '../../broker/context.ts';
import { collectGrant } from '../../broker/collect-grant.ts';
import { introspect } from '../../broker/introspect.ts';
import type { MintedToken } from '../../broker/mint-token.ts';
import { requestGrant } from '../../broker/request-grant.ts';
import { revokeToken } from '../../broker/revoke-token.ts';
import { invalidRequest, oauthError } from '../../domain/errors.ts';

type Form = ReadonlyMap<string, string>;
/** One OAuth endpoint: the form and who asks in, the JSON body out (undefined: empty body). */
export type FormEndpoint = (
  broker: Broker,
  assertion: ClientAuthentication,
  form: Form,
) => Promise<Record<string, unknown> | undefined>;

type Minting = (
  broker: Broker,
  assertion: ClientAuthentication,
  form: Form,
) => Promise<MintedToken>;

const GRANTS: ReadonlyMap<string, Minting> = new Map([
  [
    'client_credentials',
    (broker, assertion, form) =>
      requestGrant(broker, {
        assertion,
        scope: form.get('scope'),
        resource: form.get('resource'),
        authorizationDetails: form.get('authorization_details'),
      }),
  ],
  [
    // CIBA Core §10.1: collecting what a person approved.
    'urn:openid:params:grant-type:ciba',
    (broker, assertion, form) =>
      collectGrant(broker, { assertion, authReqId: required(form, 'auth_req_id') }),
  ],
]);

/** Of the server metadata (RFC 8414). */
export const GRANT_TYPES: readonly string[] = [...GRANTS.keys()];

/** RFC 6749 §4.4.2 with RFC 9396: the answer echoes the task. */
const token: FormEndpoint = async (broker, assertion, form) => {
  const grantType = form.get('grant_type');
  if (grantType === undefined) throw invalidRequest('grant_type is missing.', 'grant_type');
  const mint = GRANTS.get(grantType);
  if (!mint) throw oauthError('unsupported_grant_type', 'This grant type is not supported.');
  const minted = await mint(broker, assertion, form);
  return {
    access_token: minted.accessToken,
    token_type: 'Bearer',
    expires_in: minted.expiresInSeconds,
    ...(minted.scope === '' ? {} : { scope: minted.scope }),
    ...(minted.taskId === undefined
      ? {}
      : { authorization_details: [{ type: 'task', task_id: minted.taskId }] }),
  };
};

/** RFC 7662 §2.2: an inactive token gets `{"active":false}` and no other member (row I1). */
const introspection: FormEndpoint = async (broker, assertion, form) => {
  const claims = await introspect(broker, { assertion, token: required(form, 'token') });
  return claims ? { active: true, token_type: 'Bearer', ...claims } : { active: false };
};

/** RFC 7009 §2.1; the hint may be wrong, but a type we never revoke is refused (row V1). */
const revocation: FormEndpoint = async (broker, assertion, form) => {
  if (form.get('token_type_hint') === 'refresh_token') {
    throw oauthError('unsupported_token_type', 'There are no refresh tokens here.');
  }
  await revokeToken(broker, { assertion, token: required(form, 'token') });
  return undefined;
};

function required(form: Form, name: string): string {
  const value = form.get(name);
  if (value === undefined) throw invalidRequest(`${name} is missing.`, name);
  return value;
}

/** The form endpoints by path. They never pass through Express, whose overhead is most of a mint. */
export const FORM_ENDPOINTS: ReadonlyMap<string, FormEndpoint> = new Map([
  ['/oauth/token', token],
  ['/oauth/introspect', introspection],
  ['/oauth/revoke', revocation],
]);
