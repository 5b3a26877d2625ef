import { route } from '../route.ts';
import { pageOf } from '../schemas/base.ts';
import * as inspect from '../schemas/inspect.ts';
import { AuditEntry } from '../schemas/operate.ts';

/** Looking closer: one resource, and the audit. */
export const INSPECT_ROUTES = {
  getResource: route({
    method: 'GET',
    path: '/v1/resources/:name',
    caller: 'operator',
    summary: 'Show a resource: its scopes, the rules that have a say about each, its templates',
    status: 200,
    response: inspect.ResourceDetail,
  }),
  listAudit: route({
    method: 'GET',
    path: '/v1/audit',
    caller: 'operator',
    summary:
      'Newest audit entries first; `subject`, `actor`, `action` (whole, or its noun), `since` and `until` filter',
    query: inspect.AuditQuery,
    status: 200,
    response: pageOf(AuditEntry),
  }),
  getAuditEntry: route({
    method: 'GET',
    path: '/v1/audit/entries/:seq',
    caller: 'operator',
    summary: 'Show one audit entry',
    status: 200,
    response: AuditEntry,
  }),
  verifyAudit: route({
    method: 'POST',
    path: '/v1/audit/verify',
    caller: 'operator',
    roles: ['admin', 'auditor'],
    summary:
      'Check every link of the chain against `head`, or else what the witness keeps; one JSON object a line, the last is the verdict',
    body: inspect.VerifyRequest,
    status: 200,
    produces: 'application/x-ndjson',
  }),
} as const;
