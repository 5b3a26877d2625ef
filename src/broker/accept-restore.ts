import { randomBytes } from 'node:crypto';
import { conflict } from '../domain/errors.ts';
import { judge } from '../domain/witness.ts';
import type { Restore } from '../ports/restores.ts';
import type { Broker } from './context.ts';
import { hold } from './keep-witness.ts';
import { adopt } from './reconcile-resource.ts';
import { journal, sealed } from './record.ts';
import { compareAll } from './show-restore.ts';

/** What an acceptance ended, and what it could not look at. */
export interface AcceptedRestore {
  readonly id: string;
  readonly tokens: number;
  readonly leases: number;
  /** Logins of the lost time that go to the queue now. */
  readonly unknown: number;
  readonly unreachable: readonly string[];
}

const REASON = 'the store was restored';

/**
 * Serves from a restored store again, on an admin's word. Whatever was alive in it ends first, since
 * nobody knows what was revoked in the time that was lost; so do the logins that were issued then. A
 * new epoch begins, by which every broker's witness follows.
 *
 * @throws conflict when there is nothing to accept
 */
export async function acceptRestore(
  broker: Broker,
  by: { readonly actor: string; readonly reason: string },
): Promise<AcceptedRestore> {
  const restore = await openRestore(broker);
  const compared = await compareAll(broker);
  const ended = await endEverything(broker, by.actor);
  let unknown = 0;
  for (const { resource, comparison } of compared) {
    const names = comparison?.unknown ?? [];
    unknown += (await adopt(broker, resource, names, 'issued in the time that a restore lost'))
      .length;
  }
  const unreachable = compared.flatMap(({ resource, problem }) => (problem ? [resource] : []));
  const { id, stopId } = restore;
  const words = await sealed(broker, by.actor, { reason: by.reason });
  const epoch = randomBytes(16).toString('hex');
  const detail = { ...ended, unknown, unreachable, epoch, ...words };
  const accepted = await broker.restores.accept(restore, { ...by, epoch }, [
    { actor: by.actor, action: 'restore.accepted', subject: id, detail },
    {
      actor: by.actor,
      action: 'stop.lifted',
      subject: stopId,
      detail: { kind: 'all', restore: id },
    },
  ]);
  if (!accepted) throw conflict('This restore was accepted already.');
  return { id, ...ended, unknown, unreachable };
}

/** The open restore; one that no broker has started on yet is held first, so that it is on record. */
async function openRestore(broker: Broker): Promise<Restore> {
  const found = await broker.restores.open();
  if (found) return found;
  const witness = broker.witness.read();
  const standing = witness && (await broker.restores.standing(witness.seq));
  const verdict = witness && standing ? judge(witness, standing) : 'same';
  if (!witness || !standing || verdict === 'same' || verdict === 'accepted') {
    throw conflict('Nothing says that this store was restored: there is nothing to accept.');
  }
  await hold(broker, verdict, witness, standing);
  const held = await broker.restores.open();
  if (!held) throw conflict('This restore was accepted already.');
  return held;
}

async function endEverything(
  broker: Broker,
  actor: string,
): Promise<{ tokens: number; leases: number }> {
  const total = { tokens: 0, leases: 0 };
  for (;;) {
    const step = await broker.endings.step(
      { target: { kind: 'all' }, reason: REASON, actor },
      (ended) => ({
        actor,
        action: 'revocation.completed',
        subject: 'all',
        detail: { reason: REASON, ...ended, leases: [...ended.leases] },
      }),
    );
    journal(broker, step.unrecorded);
    total.tokens += step.tokens;
    total.leases += step.leases.length;
    if (step.done) return total;
  }
}
