import { performance } from 'node:perf_hooks';
import type {
  CanIdentify,
  CanListOwned,
  CanOperate,
  CanProbe,
  CanRenew,
  CanRotateRoot,
  CanSandbox,
  CanWatch,
  Provider,
} from '../../ports/provider.ts';
import { AdminConnections } from './connections.ts';
import { constraintsOf, readConstraints } from './constraints.ts';
import { GroupRoles } from './group.ts';
import { serverOf } from './home.ts';
import { issue } from './issue.ts';
import { roleNames } from './names.ts';
import { listOwned } from './owned.ts';
import { execute } from './operate/execute.ts';
import { measure } from './operate/measure.ts';
import { outcomeOf } from './operate/outcome.ts';
import type { Parts } from './parts.ts';
import { plan } from './plan.ts';
import { probe } from './probe.ts';
import { RecentOids } from './recent-oids.ts';
import { renew } from './renew.ts';
import { revoke } from './revoke.ts';
import { revokeTogether } from './revoke-together.ts';
import { rotation } from './rotate-root.ts';
import { buildTemplate } from './sandbox/build/build.ts';
import { dropTemplate } from './sandbox/build/drop.ts';
import { changes } from './sandbox/changes/changes.ts';
import { sandboxOf, sandboxProblems } from './sandbox/constraints.ts';
import { identify } from './sandbox/identity.ts';
import { issueSandbox } from './sandbox/issue.ts';
import { Turns } from './sandbox/turns.ts';
import { PasswordStock } from './scram.ts';
import { watch } from './watch.ts';

export interface PostgresProviderOptions {
  /** Marks our roles at every server: 8 characters of `[0-9a-z]`. */
  readonly installation: string;
  /** `host:port` that may be reached without TLS. */
  readonly networkAllow: ReadonlySet<string>;
  /** Milliseconds that never go back; the process clock unless a test brings its own. */
  readonly monotonicMs?: () => number;
}

/**
 * Logins at PostgreSQL 14 and later: one role per lease, its rights from one group role per scope.
 * The root credential is the URL of an admin that has CREATEROLE and grant options and is no superuser.
 */
export function createPostgresProvider(
  options: PostgresProviderOptions,
): Provider &
  CanRenew &
  CanListOwned &
  CanProbe &
  CanWatch &
  CanRotateRoot &
  CanSandbox &
  CanIdentify &
  CanOperate {
  const parts = partsOf(options);
  const { connections } = parts;
  const together = revokeTogether(parts);
  return {
    kind: 'postgres',
    lifetimes: { shortest: 10, longest: 28_800 },
    revocation: 'immediate',
    checkScope: (_resource, scope) => {
      if (scope.effect === 'sandbox') return sandboxProblems(scope);
      const result = readConstraints(scope);
      return 'problems' in result ? result.problems : [];
    },
    statementTimeoutMs: (scope) =>
      (scope.effect === 'sandbox' ? sandboxOf(scope) : constraintsOf(scope)).statement_timeout,
    serverOf: (root) => serverOf(root, options.networkAllow),
    plan: (request) => plan(parts.names, request),
    issue: (request) =>
      request.scope.effect === 'sandbox' ? issueSandbox(parts, request) : issue(parts, request),
    renew: (request) => renew(parts, request),
    revoke: (request) => revoke(parts, together, request),
    listOwned: (request, page) => listOwned(parts, request, page),
    probe: (request) => probe(parts, request),
    watch: (request, live) => watch(parts, request, live),
    ...rotation(parts),
    buildTemplate: (request) => buildTemplate(parts, request),
    dropTemplate: (request) => dropTemplate(parts, request),
    changes: (request) => changes(parts, request),
    measure: (request) => measure(parts, request),
    execute: (request) => execute(parts, request),
    outcomeOf: (request) => outcomeOf(parts, request),
    identify: (request) => identify(parts, request, options.networkAllow),
    close: () => connections.close(),
  };
}

function partsOf({ installation, networkAllow, monotonicMs }: PostgresProviderOptions): Parts {
  const clock = monotonicMs ?? (() => performance.now());
  return {
    names: roleNames(installation),
    connections: new AdminConnections(networkAllow),
    groups: new GroupRoles(clock),
    passwords: new PasswordStock(),
    monotonicMs: clock,
    oids: new RecentOids(),
    clones: new Turns(),
    comparisons: new Turns(),
  };
}
