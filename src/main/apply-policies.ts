import type { Broker } from '../broker/context.ts';
import { activateBundle, storeBundle } from '../broker/manage-policy.ts';
import { isBrokerError } from '../domain/errors.ts';
import { loadBundle } from '../policy/load.ts';
import { readBundleDirectory } from '../policy/read-directory.ts';

export type Applied =
  | { readonly kind: 'unchanged' | 'applied'; readonly version: number }
  | { readonly kind: 'refused'; readonly problems: readonly string[] };

/** Stores and activates the bundle of a folder unless it is the active one already. */
export async function applyPolicies(broker: Broker, directory: string): Promise<Applied> {
  try {
    const files = await readBundleDirectory(directory);
    const version = broker.policy.version();
    if (
      version !== undefined &&
      broker.policy.current().bundle.digest === loadBundle(files).digest
    ) {
      return { kind: 'unchanged', version };
    }
    const { stored } = await storeBundle(broker, 'broker', {
      files,
      note: 'from the policy folder',
    });
    await activateBundle(broker, 'broker', stored.version);
    return { kind: 'applied', version: stored.version };
  } catch (error) {
    if (!isBrokerError(error) || !['bundle_invalid', 'conflict'].includes(error.code)) throw error;
    const problems = (error.meta.problems ?? []).map(
      ({ file, line, message }) => `${file}:${line ?? 1}  ${message}`,
    );
    return { kind: 'refused', problems: problems.length > 0 ? problems : [error.detail] };
  }
}
