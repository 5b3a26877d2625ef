import { type FSWatcher, watch } from 'node:fs';
import type { Broker } from '../broker/context.ts';
import { type Applied, applyPolicies } from './apply-policies.ts';

const QUIET_MS = 200;

/** Applies the folder again after each change, once it has been quiet for a moment. */
export function watchPolicies(
  broker: Broker,
  directory: string,
  onApplied: (applied: Applied) => void,
): { close(): void } {
  let timer: NodeJS.Timeout | undefined;
  let watcher: FSWatcher | undefined;
  const apply = () => {
    applyPolicies(broker, directory).then(onApplied, (error: unknown) =>
      onApplied({ kind: 'refused', problems: [String(error)] }),
    );
  };
  try {
    watcher = watch(directory, { recursive: true }, () => {
      clearTimeout(timer);
      timer = setTimeout(apply, QUIET_MS);
    });
    watcher.on('error', () => undefined);
  } catch {
    // A folder that is not there was reported when it was first applied.
  }
  return {
    close: () => {
      clearTimeout(timer);
      watcher?.close();
    },
  };
}
