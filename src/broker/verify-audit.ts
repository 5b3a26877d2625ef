import { type AuditHead, parseHead } from '../audit/entry.ts';
import { createVerifier, type Verdict } from '../audit/verify.ts';
import { conflict, invalidRequest } from '../domain/errors.ts';
import type { OperatorPrincipal } from '../domain/principal.ts';
import type { Broker } from './context.ts';

/** Where the head comes from that the chain was compared with. */
export type Anchor = 'given' | 'witness' | 'none';

export interface AuditVerdict extends Verdict {
  readonly anchor: Anchor;
}

export type VerifyStep =
  | { readonly checked: number; readonly of: number }
  | { readonly verdict: AuditVerdict };

/** Brokers that are reading their chain now: one reading at a time, since it takes a whole core. */
const reading = new WeakSet<Broker>();

/**
 * Reads the whole chain from the store and checks every link, against a head the operator kept or else
 * the one the witness keeps outside the store. The verdict goes on record. It is this broker's own word:
 * whoever trusts it no longer verifies an export elsewhere.
 *
 * @param kept `<seq>:<hash>`
 * @throws conflict while another verification runs
 */
export function verifyAudit(
  broker: Broker,
  operator: OperatorPrincipal,
  kept: string | undefined,
): AsyncGenerator<VerifyStep, void> {
  if (reading.has(broker)) throw conflict('A verification is running. Wait until it is done.');
  reading.add(broker);
  return steps(broker, operator, kept);
}

async function* steps(
  broker: Broker,
  operator: OperatorPrincipal,
  kept: string | undefined,
): AsyncGenerator<VerifyStep, void> {
  try {
    const { head, anchor } = anchorOf(broker, kept);
    const verifier = createVerifier(head ? { head } : {});
    const end = await broker.auditLog.head();
    let checked = 0;
    let good = true;
    yield { checked, of: end.seq };
    for await (const page of broker.auditLog.read(1, end.seq)) {
      good = page.every((entry) => verifier.push(entry));
      if (!good) break;
      checked += page.length;
      yield { checked, of: end.seq };
    }
    const verdict = { ...endsAt(end, verifier.finish()), anchor };
    await keep(broker, operator, verdict);
    yield { verdict };
  } finally {
    reading.delete(broker);
  }
}

function anchorOf(
  broker: Broker,
  kept: string | undefined,
): { head: AuditHead | undefined; anchor: Anchor } {
  if (kept !== undefined) {
    const head = parseHead(kept);
    if (!head) throw invalidRequest('head: number and hash of an entry.', 'head');
    return { head, anchor: 'given' };
  }
  const witness = broker.witness.read();
  if (!witness || witness.seq === 0) return { head: undefined, anchor: 'none' };
  return { head: { seq: witness.seq, hash: witness.hash }, anchor: 'witness' };
}

/** The head row, which the next entry will link to, must be the end of what was read. */
function endsAt(end: AuditHead, verdict: Verdict): Verdict {
  const { head } = verdict;
  if (!verdict.ok || (head.seq === end.seq && head.hash === end.hash)) return verdict;
  const problem = `the chain ends at ${head.seq}, and the head on record is ${end.seq} with another hash`;
  return { ...verdict, ok: false, firstBad: { seq: head.seq + 1, problem } };
}

async function keep(
  broker: Broker,
  operator: OperatorPrincipal,
  { ok, entries, head, anchor, firstBad }: AuditVerdict,
): Promise<void> {
  const bad = firstBad ? { first_bad: firstBad.seq } : {};
  await broker.auditLog.append([
    {
      actor: operator.id,
      action: 'audit.verified',
      subject: 'audit',
      detail: { ok, entries, head: `${head.seq}:${head.hash}`, anchor, ...bad },
    },
  ]);
}
