import type { AuditDetail, AuditDraft } from '../audit/entry.ts';
import type { Broker } from './context.ts';

/**
 * The personal part of an entry, sealed under the subject's key: purposes, tickets, names, reasons.
 * Members that are undefined are left out.
 */
export async function sealed(
  broker: Pick<Broker, 'personal'>,
  subject: string,
  value: Readonly<Record<string, string | undefined>>,
): Promise<AuditDetail> {
  // JSON leaves them out when it is sealed.
  if (Object.values(value).every((text) => text === undefined)) return {};
  return { sealed: await broker.personal.seal(subject, value) };
}

/** Keeps the entries of a narrowing that the store could not take, until it can. */
export function journal(broker: Pick<Broker, 'journal'>, unrecorded: readonly AuditDraft[]): void {
  if (unrecorded.length > 0) broker.journal.append(unrecorded);
}

/** Appends what was journaled, each entry marked with when it happened. @returns how many */
export async function recoverJournal(
  broker: Pick<Broker, 'journal' | 'auditLog'>,
): Promise<number> {
  const pending = broker.journal.pending();
  if (pending.length === 0) return 0;
  await broker.auditLog.append(
    pending.map(({ journaledAt, draft }) => ({
      ...draft,
      detail: { ...draft.detail, journaled_at: journaledAt },
    })),
  );
  broker.journal.clear(pending.length);
  return pending.length;
}
