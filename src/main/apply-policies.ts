import type { Broker } from '../broker/context.ts';
import { activateBundle, storeBundle } from '../broker/manage-policy.ts';
import { isBrokerError } from '../domain/errors.ts';
import { type BundleFiles, loadBundle } from '../policy/load.ts';
import { readBundleDirectory } from '../policy/read-directory.ts';

export type Applied =
  | { readonly kind: 'unchanged' | 'applied'; readonly version: number }
  /** It widens a protected environment: it is stored, and an admin has to approve it. */
  | {
      readonly kind: 'staged';
      readonly version: number;
      readonly approvalId: string;
      readonly widens: readonly string[];
    }
  | { readonly kind: 'refused'; readonly problems: readonly string[] };

/** What a folder can be refused for; anything else is trouble of ours. */
const REFUSALS = [
  'bundle_invalid',
  'conflict',
  'approval_unavailable',
  'approval_limit',
  'payload_too_large',
];

/** The version these files are stored as: what was stored last, where it waits for its approval. */
async function versionOf(broker: Broker, files: BundleFiles): Promise<number> {
  const [last] = await broker.bundles.list({ limit: 1 });
  if (last && last.digest === loadBundle(files).digest) return last.version;
  const { stored } = await storeBundle(broker, 'broker', { files, note: 'from the policy folder' });
  return stored.version;
}

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
    const of = await versionOf(broker, files);
    const done = await activateBundle(broker, 'broker', of);
    if (done.kind === 'active') return { kind: 'applied', version: of };
    const { id: approvalId, card } = done.approval;
    return { kind: 'staged', version: of, approvalId, widens: card.plan };
  } catch (error) {
    if (!isBrokerError(error) || !REFUSALS.includes(error.code)) throw error;
    const problems = (error.meta.problems ?? []).map(
      ({ file, line, message }) => `${file}:${line ?? 1}  ${message}`,
    );
    return { kind: 'refused', problems: problems.length > 0 ? problems : [error.detail] };
  }
}
