import { fileURLToPath } from 'node:url';
import { readBundleDirectory } from '../../src/policy/read-directory.ts';
import type { Operator } from './operator.ts';

/** The sample bundle of the repository. */
export const SAMPLE = fileURLToPath(new URL('../../../policies', import.meta.url));
/** A team of the sample bundle. */
export const TEAM = 'support';
export const LEASE_SCOPE = 'bench-db:read';
export const ADMIN_SECRET = 'bench-db/admin-url';
export const API_SCOPE = 'bench-api:read';
export const API_AUDIENCE = 'https://orders.bench.example';

/** A database whose logins are measured, and an API that introspects its tokens. */
const ADDED: Readonly<Record<string, string>> = {
  'resources/bench-db.yaml': resource('bench-db', ''),
  'resources/bench-api.yaml': resource('bench-api', `audience: ${API_AUDIENCE}`),
  'rules/bench.cedar': ['bench-db', 'bench-api']
    .map(
      (name) => `@id("${name}-reads")
@ttl("15m")
permit (principal in Team::"${TEAM}", action == Action::"read", resource in Resource::"${name}");
`,
    )
    .join('\n'),
};

function resource(name: string, more: string): string {
  return `resource: ${name}
kind: postgres
environment: staging
owner: dana@example.com
${more}
connection:
  url: { secret: ${ADMIN_SECRET} }
  accept: [public-temp, public-create, connect-elsewhere, large-objects, security-definer]
scopes:
  read:
    effect: read
    description: What the bench reads
    max_ttl: 15m
    postgres:
      grant: [{ privileges: [SELECT], tables: [public.orders] }]
      statement_timeout: 30s
      connections: 2
`;
}

/** Stores and activates the sample bundle with the bench's two resources added, and what a section adds. */
export async function applyBundle(
  operator: Operator,
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  const files = { ...(await readBundleDirectory(SAMPLE)), ...ADDED, ...more };
  const { version } = await operator.call<{ version: number }>('POST', '/v1/policy/bundles', {
    files,
    note: 'bench',
  });
  await operator.call('POST', `/v1/policy/bundles/${version}/activate`, {});
}
