import type { Broker } from '../broker/context.ts';
import { judge, SUSPICIONS } from '../domain/witness.ts';
import type { DoctorCheck } from './doctor-check.ts';

/** Whether the store is the one that was served before, as far as this host's witness knows. */
export async function witnessChecks(broker: Broker): Promise<DoctorCheck[]> {
  const id = 'witness';
  const witness = broker.witness.read();
  const standing = await broker.restores.standing(witness?.seq ?? 0);
  const next = 'countersign restore show';
  const open = await broker.restores.open();
  if (open) {
    const message = `The store was restored (${SUSPICIONS[open.verdict]}); everything is stopped.`;
    return [{ id, level: 'fail', message, next }];
  }
  if (!witness) {
    const message = 'There is no witness in the data directory: a restored store is not noticed.';
    return [{ id, level: 'warn', message, next: 'Start the broker: it writes one.' }];
  }
  const verdict = judge(witness, standing);
  if (verdict !== 'same' && verdict !== 'accepted') {
    const message = `The store is not the one that was served: ${SUSPICIONS[verdict]}.`;
    return [{ id, level: 'fail', message, next }];
  }
  const message = `The witness is at entry ${witness.seq}, the store at ${standing.seq}.`;
  return [{ id, level: 'ok', message }];
}
