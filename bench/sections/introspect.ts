import { introspectWork } from '../broker/work.ts';
import { peerIntrospect } from '../peer/work.ts';
import { figure, note } from '../report.ts';
import { interleave } from '../rounds.ts';
import type { Setting } from '../setting.ts';

const CONCURRENCY = 16;
const TOKENS = 500;

/** Introspections per second, each by a freshly authenticated resource server about a live token. */
export async function introspect(setting: Setting): Promise<void> {
  const peer = await setting.peer();
  const { broker, agents, resourceServer } = await setting.ours();
  const plans = {
    peer: await peerIntrospect(peer, TOKENS),
    countersign: await introspectWork(broker, agents, resourceServer, TOKENS),
  };
  const contestants = Object.entries(plans).map(([name, plan]) => ({
    name,
    job: { plan, concurrency: CONCURRENCY },
  }));
  const [theirs, ours] = await interleave('introspect', contestants, setting.pace);
  if (!theirs || !ours) throw new Error('a standing is missing');
  figure('introspect.ratio', ours.rate / theirs.rate, 'x');
  note(`  p99 ${(ours.p99 / theirs.p99).toFixed(2)} x the peer's`);
}
