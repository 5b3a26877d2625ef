import { diffBundles } from '../../src/policy/diff.ts';
import { loadBundle } from '../../src/policy/load.ts';
import { bundlesToCompare } from './bundles.ts';

/** What one comparison took, in a process that never compared anything before. */
export interface DiffResult {
  readonly seconds: number;
  /** Rules that differ, and rows that say what comes of it. */
  readonly rules: number;
  readonly rows: number;
}

function measure(): DiffResult {
  const { before, after } = bundlesToCompare();
  const [old, young] = [loadBundle(before), loadBundle(after)];
  const since = performance.now();
  const { decisions, rules } = diffBundles(old, young);
  const seconds = (performance.now() - since) / 1000;
  return { seconds, rules: rules.changed.length, rows: decisions.length };
}

process.stdout.write(JSON.stringify(measure()));
