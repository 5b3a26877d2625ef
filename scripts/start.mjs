import { becomeCountersign, ensureBuilt, ensureInstalled } from './ensure.mjs';

ensureInstalled();
ensureBuilt();
await becomeCountersign(['dev', ...process.argv.slice(2)]);
