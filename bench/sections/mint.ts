import { mintContinuing, mintOpening } from '../broker/work.ts';
import { peerMint } from '../peer/work.ts';
import { figure, note } from '../report.ts';
import { interleave } from '../rounds.ts';
import type { Setting } from '../setting.ts';

const CONCURRENCY = 64;

/**
 * Tokens per second over HTTP. The figure is for requests that open a task each, the dearer kind;
 * those that continue a task are shown beside it.
 */
export async function mint(setting: Setting): Promise<void> {
  const peer = await setting.peer();
  const { broker, operator, agents } = await setting.ours();
  const plans = {
    peer: peerMint(peer),
    'new task': mintOpening(broker, agents),
    'same task': await mintContinuing(broker, operator, agents),
  };
  const contestants = Object.entries(plans).map(([name, plan]) => ({
    name,
    job: { plan, concurrency: CONCURRENCY },
  }));
  const [theirs, opening, continuing] = await interleave('mint', contestants, setting.pace);
  if (!theirs || !opening || !continuing) throw new Error('a standing is missing');
  figure('mint.ratio', opening.rate / theirs.rate, 'x');
  figure('mint.p99_ratio', opening.p99 / theirs.p99, 'x');
  note(`  continuing a task: ${(continuing.rate / theirs.rate).toFixed(2)} x the peer's rate`);
}
