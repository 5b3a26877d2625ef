import { isBrokerError } from '../../domain/errors.ts';
import { isSandbox } from '../../domain/resource.ts';
import type { Finding, ProbeReport, Reach } from '../../ports/provider.ts';
import type { AdminSession } from './connections.ts';
import { adminFindings } from './findings-admin.ts';
import { foreignFindings } from './findings-foreign.ts';
import { grantFindings } from './findings-grants.ts';
import { publicFindings } from './findings-public.ts';
import { roleFindings } from './findings-roles.ts';
import type { Parts } from './parts.ts';
import { sandboxFindings } from './sandbox/findings.ts';

const OLDEST_MAJOR = 14;

/**
 * Looks at a resource with the eyes of its admin: what is missing for issuing and revoking, what is too much,
 * and what PUBLIC gives to every role. Each finding carries the SQL that mends it.
 */
export async function probe(parts: Parts, request: Reach): Promise<ProbeReport> {
  let entered = false;
  try {
    return await parts.connections.use(request, async (session) => {
      entered = true;
      const findings = await look(parts, request, session);
      const accepted = new Set<string>(request.resource.connection.accept);
      return {
        reachable: true,
        serverVersion: await version(session),
        hardened: findings.every(
          ({ id, severity }) => severity === 'advice' || (severity === 'gap' && accepted.has(id)),
        ),
        findings,
      };
    });
  } catch (error) {
    if (entered || request.signal.aborted || !isBrokerError(error)) throw error;
    const finding: Finding = {
      id: error.code === 'provider_unavailable' ? 'unreachable' : 'admin-login',
      severity: 'blocking',
      message: error.detail,
      sql: [],
    };
    return { reachable: false, hardened: false, findings: [finding] };
  }
}

async function look(parts: Parts, request: Reach, session: AdminSession): Promise<Finding[]> {
  if (session.major < OLDEST_MAJOR) {
    return [
      {
        id: 'version',
        severity: 'blocking',
        message: `PostgreSQL ${session.major} is too old: 14 or later is needed, 16 or later is advised.`,
        sql: [],
      },
    ];
  }
  if (isSandbox(request.resource)) return sandboxFindings(session, parts.names, request.resource);
  return [
    ...(await adminFindings(session)),
    ...(await grantFindings(session, [...request.resource.scopes.values()])),
    ...(await roleFindings(session, parts.names)),
    ...(await publicFindings(session)),
    ...(await foreignFindings(session)),
  ];
}

async function version(session: AdminSession): Promise<string> {
  const { rows } = await session.client.query<{ version: string }>(
    "SELECT current_setting('server_version') AS version",
  );
  return rows[0]?.version ?? '';
}
