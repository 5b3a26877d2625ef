import { performance } from 'node:perf_hooks';
import type { CanListOwned, CanProbe, CanRenew, Provider } from '../../ports/provider.ts';
import type { OpenVault, VaultSession } from '../../ports/vault.ts';
import { readConstraints } from './constraints.ts';
import { requireHome, serverOf } from './home.ts';
import { issue } from './issue.ts';
import { leaseNames } from './names.ts';
import { listOwned } from './owned.ts';
import type { Parts } from './parts.ts';
import { plan } from './plan.ts';
import { probe } from './probe.ts';
import { renew } from './renew.ts';
import { revoke } from './revoke.ts';
import { TokenSearch } from './search.ts';
import { createSessions } from './sessions.ts';

export interface VaultProviderOptions {
  /** Marks our tokens at every Vault: 8 characters of `[0-9a-z]`. */
  readonly installation: string;
  readonly openVault: OpenVault;
  /** Milliseconds that never go back; the process clock unless a test brings its own. */
  readonly monotonicMs?: () => number;
}

/**
 * Credentials that Vault or OpenBao makes: databases, AWS, and any engine with a `creds/` path. The root
 * credential is a login at Vault, as JSON; each lease gets a token of its own there.
 */
export function createVaultProvider(
  options: VaultProviderOptions,
): Provider & CanRenew & CanListOwned & CanProbe {
  const sessions = createSessions(options.openVault);
  const names = leaseNames(options.installation);
  const monotonicMs = options.monotonicMs ?? (() => performance.now());
  const searches = new WeakMap<VaultSession, TokenSearch>();
  const search: Parts['search'] = (session) => {
    const known = searches.get(session) ?? new TokenSearch(session, names.isLease, monotonicMs);
    searches.set(session, known);
    return known;
  };
  const parts: Parts = { names, session: sessions.of, search, monotonicMs };
  return {
    kind: 'vault',
    lifetimes: { shortest: 10, longest: 28_800 },
    revocation: 'immediate',
    checkScope: (_resource, scope) => {
      const result = readConstraints(scope);
      return 'problems' in result ? result.problems : [];
    },
    statementTimeoutMs: () => 0,
    plan,
    serverOf,
    issue: async (request) => {
      requireHome(request.lease, request.root);
      return issue(parts, request);
    },
    renew: async (request) => {
      requireHome(request.lease, request.root);
      return renew(parts, request);
    },
    revoke: async (request) => {
      requireHome(request.lease, request.root);
      return revoke(parts, request);
    },
    listOwned: (request, page) => listOwned(parts, request, page),
    probe: (request) => probe(parts, request),
    // Connections are the transport's; it is closed by who opened it.
    close: () => sessions.close(),
  };
}
