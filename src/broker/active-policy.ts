import { storeUnavailable } from '../domain/errors.ts';
import type { Resource } from '../domain/resource.ts';
import type { Scope } from '../domain/scope.ts';
import { loadBundle } from '../policy/load.ts';
import { compilePolicy, type Policy } from '../policy/policy.ts';
import type { BundleStore } from '../ports/bundles.ts';

/** The bundle that decides now, compiled; follows the store's pointer. */
export interface ActivePolicy {
  /** @throws storeUnavailable when no bundle could be loaded yet */
  current(): Policy;
  /** Version of the active bundle; undefined when none was ever activated. */
  version(): number | undefined;
  /** Loads what the store points to, if this is not loaded yet. */
  refresh(): Promise<void>;
  resource(name: string): Resource | undefined;
  scope(id: string): Scope | undefined;
}

export function createActivePolicy(bundles: Pick<BundleStore, 'active' | 'files'>): ActivePolicy {
  let policy: Policy | undefined;
  let refreshing: Promise<void> | undefined;

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
    resource: (name) => policy?.bundle.resources.get(name),
    scope: (id) => policy?.bundle.scopes.get(id),
  };
}
