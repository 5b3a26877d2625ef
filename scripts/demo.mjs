import { becomeCountersign, ensureBuilt, ensureInstalled } from './ensure.mjs';

ensureInstalled();
ensureBuilt();
await becomeCountersign(['demo', ...process.argv.slice(2)]);
