import { parseArgs } from 'node:util';
import { takeCores } from './cores.ts';
import { note } from './report.ts';
import { FULL, QUICK } from './rounds.ts';
import { approval } from './sections/approval.ts';
import { console } from './sections/console.ts';
import { decide } from './sections/decide.ts';
import { introspect } from './sections/introspect.ts';
import { lease } from './sections/lease.ts';
import { memory } from './sections/memory.ts';
import { mint } from './sections/mint.ts';
import { peerAlone } from './sections/peer.ts';
import { policyDiff } from './sections/policy-diff.ts';
import { reconcile } from './sections/reconcile.ts';
import { revoke } from './sections/revoke.ts';
import { revokeQueue } from './sections/revoke-queue.ts';
import { sandbox } from './sections/sandbox.ts';
import { sandboxRefresh } from './sections/sandbox-refresh.ts';
import { warmStart } from './sections/warm-start.ts';
import { makeSetting, type Setting } from './setting.ts';

/** In the order in which they run; memory is read after the broker's work, before others start. */
const SECTIONS: Readonly<Record<string, (setting: Setting) => Promise<void>>> = {
  mint,
  introspect,
  lease,
  revoke,
  rss: memory,
  approval,
  decide,
  policy_diff: policyDiff,
  revoke_queue: revokeQueue,
  reconcile,
  warm_start: warmStart,
  sandbox,
  sandbox_refresh: sandboxRefresh,
  console,
};
/** Not a figure: what the reference does here by itself. */
const EXTRA = { peer: peerAlone };
const USAGE = `usage: npm run bench -- [--quick] [${[...Object.keys(SECTIONS), 'peer'].join('|')} …]`;
/** Sections not begun by then are left out, and said so. */
const BUDGET_MINUTES = 9;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { quick: { type: 'boolean' }, help: { type: 'boolean' } },
    allowPositionals: true,
  });
  const all: typeof SECTIONS = { ...SECTIONS, ...EXTRA };
  const names = positionals.length === 0 ? Object.keys(SECTIONS) : positionals;
  const unknown = names.filter((name) => all[name] === undefined);
  if (values.help || unknown.length > 0) {
    note(USAGE);
    return values.help ? 0 : 2;
  }
  const cores = takeCores();
  note(`${cores.said}${values.quick ? '; quick: figures are rough' : ''}`);
  const setting = makeSetting(cores, values.quick ? QUICK : FULL);
  // Without this PostgreSQL, which has a session of its own, would outlive Ctrl-C.
  process.once('SIGINT', () => void setting.close().finally(() => process.exit(130)));
  try {
    return await runSections(
      Object.keys(all).filter((name) => names.includes(name)),
      all,
      setting,
    );
  } finally {
    await setting.close();
  }
}

/** A section that fails is reported and the others still run; the exit code tells. */
async function runSections(
  names: readonly string[],
  all: typeof SECTIONS,
  setting: Setting,
): Promise<number> {
  const start = performance.now();
  let failed = 0;
  for (const name of names) {
    const minutes = (performance.now() - start) / 60_000;
    if (minutes > BUDGET_MINUTES) {
      note(`${name}: left out, ${minutes.toFixed(1)} minutes are over`);
      continue;
    }
    note(`${name}:`);
    try {
      await all[name]?.(setting);
    } catch (error) {
      failed += 1;
      note(`  failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  note(`took ${((performance.now() - start) / 1000).toFixed(0)} s`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main();
