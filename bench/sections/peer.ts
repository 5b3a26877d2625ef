import { peerIntrospect, peerMint } from '../peer/work.ts';
import { interleave } from '../rounds.ts';
import type { Setting } from '../setting.ts';

/** The peer by itself: no figure, only what this machine gives it. */
export async function peerAlone(setting: Setting): Promise<void> {
  const peer = await setting.peer();
  const mint = { name: 'peer', job: { plan: peerMint(peer), concurrency: 64 } };
  await interleave('mint', [mint], setting.pace);
  const plan = await peerIntrospect(peer, 500);
  await interleave('introspect', [{ name: 'peer', job: { plan, concurrency: 16 } }], setting.pace);
}
