import {
  judge,
  type StoreStanding,
  SUSPICIONS,
  type Suspicion,
  type Witness,
} from '../domain/witness.ts';
import type { Broker } from './context.ts';
import { journal } from './record.ts';

/**
 * One beat: looks whether the store is still the one that the witness knew, then lets the witness
 * follow it. Runs before anything is served and every second after, so that a store that is restored
 * under a running broker is noticed as well. Every broker has a witness of its own, and may be behind
 * the store as far as it likes; only a store behind its witness is a restored one.
 */
export async function keepWitness(broker: Broker): Promise<void> {
  const known = broker.witness.read();
  const standing = await broker.restores.standing(known?.seq ?? 0);
  const verdict = known ? judge(known, standing) : 'same';
  const suspicious = verdict !== 'same' && verdict !== 'accepted';
  if (known && suspicious && !standing.open) await hold(broker, verdict, known, standing);
  broker.restoreHold.open = standing.open || suspicious;
  // While the question is open the witness stays as it is: it is what there is to compare with.
  if (broker.restoreHold.open || (known && isCurrent(known, standing))) return;
  const { installation, epoch, system, timeline, seq, hash } = standing;
  const facts = await broker.restores.facts();
  const at = Math.round(broker.clock.now());
  await broker.witness.write({ installation, epoch, system, timeline, seq, hash, at, facts });
}

function isCurrent(known: Witness, { epoch, system, timeline, seq }: StoreStanding): boolean {
  const same = known.system === system && known.timeline === timeline;
  return same && known.epoch === epoch && known.seq === seq;
}

/** Everything stops; nothing is revoked before an admin has looked. */
export async function hold(
  broker: Broker,
  verdict: Suspicion,
  witness: Witness,
  standing: StoreStanding,
): Promise<void> {
  const [id, stopId] = [broker.newId('restore'), broker.newId('stop')];
  const reason = `The store was restored or replaced: ${SUSPICIONS[verdict]}.`;
  const detail = { verdict, witness_seq: witness.seq, store_seq: standing.seq };
  const restore = { id, verdict, witness, headSeq: standing.seq, stopId };
  const { unrecorded } = await broker.restores.hold(restore, reason, [
    { actor: 'broker', action: 'restore.detected', subject: id, detail },
    {
      actor: 'broker',
      action: 'stop.placed',
      subject: stopId,
      detail: { kind: 'all', restore: id },
    },
  ]);
  journal(broker, unrecorded);
}
