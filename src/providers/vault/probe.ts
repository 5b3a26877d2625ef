import { isBrokerError } from '../../domain/errors.ts';
import type { Finding, ProbeReport, Reach } from '../../ports/provider.ts';
import type { VaultSession } from '../../ports/vault.ts';
import { type Constraints, readConstraints } from './constraints.ts';
import { needed, tooMuch, type Wish } from './needs.ts';
import type { Parts } from './parts.ts';

/**
 * Looks at a Vault with the eyes of the login: whether it could take back what it has made, and whether it
 * could do far more than that. Nothing is issued for it.
 */
export async function probe(parts: Parts, request: Reach): Promise<ProbeReport> {
  let serverVersion: string | undefined;
  try {
    const session = parts.session(request);
    const health = await session.health(request.signal);
    serverVersion = health.version;
    const findings = await look(session, request);
    const accepted = new Set<string>(request.resource.connection.accept);
    return {
      reachable: true,
      serverVersion,
      hardened: findings.every(
        ({ id, severity }) => severity === 'advice' || (severity === 'gap' && accepted.has(id)),
      ),
      findings,
    };
  } catch (error) {
    if (request.signal.aborted || !isBrokerError(error)) throw error;
    const id = error.code === 'provider_unavailable' ? 'unreachable' : 'vault-login';
    const findings = [blocking(id, error.detail)];
    return {
      reachable: false,
      hardened: false,
      findings,
      ...(serverVersion ? { serverVersion } : {}),
    };
  }
}

async function look(session: VaultSession, { resource, signal }: Reach): Promise<Finding[]> {
  const all = [...resource.scopes.values()].flatMap((scope) => {
    const read = readConstraints(scope);
    return 'constraints' in read ? [read.constraints] : [];
  });
  const own = await session.call({ method: 'GET', path: 'auth/token/lookup-self', signal });
  const policies = Array.isArray(own.data['policies']) ? own.data['policies'] : [];
  if (policies.includes('root')) {
    return [
      blocking(
        'vault-root',
        'The login has the root policy, which may do everything. Give it an AppRole with the policy of docs/vault.md.',
      ),
    ];
  }
  const [needs, excess] = [needed(all), tooMuch(all)];
  const paths = [...needs, ...excess].map(({ path }) => path);
  const held = await capabilities(session, paths, signal);
  return [
    ...missing(needs, held),
    ...excessive(excess, held),
    ...effects(resource.environment.protected, [...resource.scopes.values()].length, all),
  ];
}

async function capabilities(
  session: VaultSession,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<(path: string) => readonly string[]> {
  const { data } = await session.call({
    method: 'POST',
    path: 'sys/capabilities-self',
    body: { paths },
    signal,
  });
  return (path) => {
    const held = data[path];
    return Array.isArray(held) ? held.filter((one): one is string => typeof one === 'string') : [];
  };
}

function missing(wishes: readonly Wish[], held: (path: string) => readonly string[]): Finding[] {
  return wishes
    .filter(({ path, capabilities: any, sudo }) => {
      const has = held(path);
      return !any.some((one) => has.includes(one)) || (sudo === true && !has.includes('sudo'));
    })
    .map(({ path, capabilities: any, sudo, why }) => {
      const wanted = [...(any.includes('update') ? ['update'] : any), ...(sudo ? ['sudo'] : [])];
      const list = wanted.map((one) => `"${one}"`).join(', ');
      return blocking(
        'vault-missing',
        `Without more rights ${why}. Add: path "${path}" { capabilities = [${list}] }`,
      );
    });
}

function excessive(wishes: readonly Wish[], held: (path: string) => readonly string[]): Finding[] {
  return wishes
    .filter(({ path, capabilities: any }) => any.some((one) => held(path).includes(one)))
    .map(({ path, why }) =>
      blocking(
        'vault-excess',
        `The login may do far more than hand out leases: it ${why} (${path.replace(/x$/, '…')}). Take that out of its policies.`,
      ),
    );
}

/** "Read" is the word of the resource file here: the role in Vault decides, and this login cannot see it. */
function effects(isProtected: boolean, scopes: number, all: readonly Constraints[]): Finding[] {
  if (scopes === 0) return [];
  const paths = [...new Set(all.map(({ path }) => path))].join(', ');
  return [
    {
      id: 'vault-effect',
      severity: isProtected ? 'gap' : 'advice',
      message: `What a credential of ${paths} may do is decided by its role in Vault and cannot be checked from here. Look at those roles; accept this by name in the resource file once you have.`,
      sql: [],
    },
  ];
}

function blocking(id: string, message: string): Finding {
  return { id, severity: 'blocking', message, sql: [] };
}
