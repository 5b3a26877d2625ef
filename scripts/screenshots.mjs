// `npm run screenshots`: takes the pictures of docs/images in a real Chromium (test/screenshots).
import { ensureBuilt, ensureInstalled, runTool } from './ensure.mjs';

ensureInstalled();
ensureBuilt();
const { status } = runTool('vitest', 'vitest', ['run', '--project', 'apart'], {
  stdio: 'inherit',
  env: { ...process.env, SCREENSHOTS: '1' },
});
process.exitCode = status;
