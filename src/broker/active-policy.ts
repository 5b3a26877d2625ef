import { storeUnavailable } from '../domain/errors.ts';
import type { Resource } from '../domain/resource.ts';
import type { Scope } from '../domain/scope.ts';
import type { Bundle } from '../policy/bundle.ts';
import { loadBundle } from '../policy/load.ts';
import { compilePolicy, type Policy } from '../policy/policy.ts';
import type { BundleStore } from '../ports/bundles.ts';

/** Earlier bundles kept in memory; live grants rarely stem from more than one or two. */
const PAST_BUNDLES = 4;

/** The bundle that decides now, compiled; follows the store's pointer. */
export interface ActivePolicy {
  /** @throws storeUnavailable when no bundle could be loaded yet */
  current(): Policy;
  /** Version of the active bundle; undefined when none was ever activated. */
  version(): number | undefined;
  /** Loads what the store points to, if this is not loaded yet. */
  refresh(): Promise<void>;
  /** A bundle that was active once, to compare with what a grant was made under. */
  past(version: number): Promise<Bundle | undefined>;
  resource(name: string): Resource | undefined;
  scope(id: string): Scope | undefined;
}

export function createActivePolicy(bundles: Pick<BundleStore, 'active' | 'files'>): ActivePolicy {
  let policy: Policy | undefined;
  let refreshing: Promise<void> | undefined;
  const past = new Map<number, Bundle>();

  async function loadPast(version: number): Promise<Bundle | undefined> {
    if (version === policy?.version) return policy.bundle;
    const known = past.get(version);
    if (known) return known;
    const files = await bundles.files(version);
    if (!files) return undefined;
    const bundle = loadBundle(files);
    if (past.size >= PAST_BUNDLES) past.delete(past.keys().next().value ?? 0);
    past.set(version, bundle);
    return bundle;
  }

  async function load(): Promise<void> {
    const version = await bundles.active();
    if (version === undefined || version === policy?.version) return;
    const files = await bundles.files(version);
    if (files) policy = compilePolicy(loadBundle(files), { version });
  }

  return {
    current: () => {
      if (!policy) throw storeUnavailable('no policy bundle is active');
      return policy;
    },
    version: () => policy?.version,
    refresh: () => {
      refreshing ??= load().finally(() => {
        refreshing = undefined;
      });
      return refreshing;
    },
    past: loadPast,
    resource: (name) => policy?.bundle.resources.get(name),
    scope: (id) => policy?.bundle.scopes.get(id),
  };
}
