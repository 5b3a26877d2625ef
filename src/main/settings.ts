import { masterKeyProblem } from '../keys/master-key.ts';
import { type LoadedConfig, loadConfig, type Mode } from '../platform/config/config.ts';

/** The configuration for a mode. @throws Error with every problem, one a line */
export function settingsFor(mode: Mode): Extract<LoadedConfig, { config: unknown }> {
  const loaded = loadConfig(mode, { masterKeyProblem });
  if ('problems' in loaded) throw new Error(loaded.problems.join('\n'));
  return loaded;
}
