import { spawnSync } from 'node:child_process';

const TOOLS = ['buildah', 'crun', 'mmdebstrap'];

/** Why this machine cannot build and run the container, or undefined where it can. */
export function whyNoContainers(): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root';
  const missing = TOOLS.filter((tool) => spawnSync(tool, ['--version']).error);
  return missing.length === 0 ? undefined : `needs ${missing.join(', ')}`;
}
