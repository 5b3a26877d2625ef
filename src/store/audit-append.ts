import { fitForChain } from '../audit/chain.ts';
import { type AuditDraft, type AuditHead, parseHead } from '../audit/entry.ts';
import { OUTWAIT, type Pool, type Prepared, query, send, transaction, type Tx } from './pool.ts';

/** `$1` of a statement that appends: see {@link appendValue}. */
export const APPEND_CALL = 'append_audit($1::json)';

const APPEND: Prepared = { name: 'append-audit', text: `select ${APPEND_CALL} as head` };

/** The drafts as the one JSON text that `append_audit` takes; `detail` is the text that is hashed. */
export function appendValue(drafts: readonly AuditDraft[]): string {
  return JSON.stringify(
    drafts.map(fitForChain).map(({ actor, action, subject, detailText }) => ({
      actor,
      action,
      subject,
      detail: detailText,
    })),
  );
}

/**
 * Appends to the chain: always the last statement of a transaction, since the lock on the head row
 * makes everybody else wait until it commits. It travels together with the commit, and the store
 * numbers and links (record 9 in docs/adr), so that the head is locked for no round trip at all.
 */
export function appendAudit(tx: Tx, drafts: readonly AuditDraft[]): void {
  send(tx, APPEND, [appendValue(drafts)]);
}

/** The same, waited for. @returns the head after these entries */
export async function appendNow(tx: Tx, drafts: readonly AuditDraft[]): Promise<AuditHead> {
  const [row] = await query<{ head: string }>(tx, APPEND, [appendValue(drafts)]);
  const head = headOf(row?.head ?? '');
  if (!head) throw new Error('the audit has no head');
  return head;
}

/** The head of an empty chain is no head a verifier would accept, but one to start from. */
function headOf(text: string): AuditHead | undefined {
  const [seq, hash] = text.split(':');
  return seq === '0' && hash !== undefined ? { seq: 0, hash } : parseHead(text);
}

/** A stuck writer at the head must not hold a narrowing up. */
const BRIEFLY = "set local lock_timeout = '2s'";

/** What a narrowing did, and its entries. */
export interface Narrowed<T> {
  readonly result: T;
  readonly entries: readonly AuditDraft[];
}

/**
 * A narrowing in a transaction of its own. Its entries travel with the commit, so that the head is held for
 * no round trip; where that fails it is done again, and the entries come back (promise 4).
 * @param work may run twice: what it did the first time is undone then
 */
export async function narrowing<T>(
  pool: Pool,
  work: (tx: Tx) => Promise<Narrowed<T>>,
): Promise<{ readonly result: T; readonly unrecorded: AuditDraft[] }> {
  let appended = false;
  try {
    return await transaction(
      pool,
      async (tx) => {
        const { result, entries } = await work(tx);
        if (entries.length > 0) {
          appended = true;
          send(tx, BRIEFLY);
          appendAudit(tx, entries);
        }
        return { result, unrecorded: [] };
      },
      OUTWAIT,
    );
  } catch (error) {
    if (!appended) throw error;
  }
  return transaction(
    pool,
    async (tx) => {
      const { result, entries } = await work(tx);
      return { result, unrecorded: entries.length === 0 ? [] : await appendOrReturn(tx, entries) };
    },
    OUTWAIT,
  );
}

/**
 * The append of a narrowing: when the audit cannot take it, the narrowing still commits and the
 * entries come back, to be journaled and appended on recovery (promise 4).
 */
export async function appendOrReturn(tx: Tx, drafts: readonly AuditDraft[]): Promise<AuditDraft[]> {
  send(tx, `savepoint audit; ${BRIEFLY}`);
  try {
    await appendNow(tx, drafts);
    return [];
  } catch {
    await query(tx, 'rollback to savepoint audit');
    return [...drafts];
  }
}
