import { JWKS_CACHE_SECONDS } from '../domain/signing-keys.ts';
import type { Express } from 'express';
import type { Doors } from './doors.ts';
import { GRANT_TYPES } from './hot/endpoints.ts';
import { createOpenApi } from './openapi.ts';
import { sendJson, wellKnown } from './render-error.ts';

/** Documents anybody may read: health, metadata (RFC 8414, RFC 9728), keys, OpenAPI, metrics. */
export function publicRoutes(app: Express, doors: Doors): void {
  const { issuer } = doors.broker;
  app.get('/healthz', (_request, response) => sendJson(response, 200, { status: 'ok' }));
  app.get('/readyz', async (_request, response) => {
    const { ready, reasons, detail } = await doors.readiness();
    const status = ready ? 'ready' : 'not ready';
    sendJson(response, ready ? 200 : 503, { status, reasons, detail });
  });
  app.get('/metrics', async (_request, response) => {
    const { contentType, body } = await doors.metrics();
    response.set('Content-Type', contentType).send(body);
  });
  app.get('/.well-known/jwks.json', (_request, response) => {
    sendJson(response, 200, doors.jwks(), {
      'Cache-Control': `public, max-age=${JWKS_CACHE_SECONDS}`,
    });
  });
  app.get(wellKnown(issuer, 'oauth-authorization-server'), (_request, response) =>
    sendJson(response, 200, serverMetadata(doors)),
  );
  app.get(wellKnown(issuer, 'oauth-protected-resource'), (_request, response) =>
    sendJson(response, 200, {
      resource: issuer,
      authorization_servers: [issuer],
      bearer_methods_supported: ['header'],
      resource_name: 'Countersign',
    }),
  );
  const openApi = createOpenApi(issuer);
  app.get('/openapi.json', (_request, response) => sendJson(response, 200, openApi));
}

/** RFC 8414: what is listed works, and what is not listed does not (row P1). */
function serverMetadata(doors: Doors): Record<string, unknown> {
  const { issuer, clientSecrets } = doors.broker;
  const methods = ['private_key_jwt', ...(clientSecrets ? ['client_secret_basic'] : [])];
  const auth = (endpoint: string) => ({
    [`${endpoint}_endpoint`]: `${issuer}/oauth/${PATHS[endpoint] ?? endpoint}`,
    [`${endpoint}_endpoint_auth_methods_supported`]: methods,
    [`${endpoint}_endpoint_auth_signing_alg_values_supported`]: doors.assertionAlgorithms,
  });
  return {
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    grant_types_supported: GRANT_TYPES,
    // CIBA Core §4: what a person approved is collected by polling.
    backchannel_token_delivery_modes_supported: ['poll'],
    authorization_details_types_supported: ['task'],
    ...auth('token'),
    ...auth('introspection'),
    ...auth('revocation'),
  };
}

const PATHS: Record<string, string> = { introspection: 'introspect', revocation: 'revoke' };
