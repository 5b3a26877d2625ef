import { runChecks } from './checks.mjs';
import { ensureInstalled } from './ensure.mjs';

ensureInstalled();
process.exitCode = runChecks().failed === 0 ? 0 : 1;
