import { masterKeyProblem } from '../keys/master-key.ts';
import { loadConfig } from '../platform/config/config.ts';

export interface CheckedConfig {
  readonly settings: readonly { name: string; value: string; source: string }[];
  readonly problems: readonly string[];
}

/** `countersign config check`: every setting, where it comes from, and what is wrong. */
export function checkConfig(): CheckedConfig {
  const loaded = loadConfig('local', { masterKeyProblem });
  if ('problems' in loaded) return { settings: [], problems: loaded.problems };
  const settings = loaded.described.map(({ name, value, from }) => ({ name, value, source: from }));
  return { settings, problems: [] };
}
