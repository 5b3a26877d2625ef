import type { AuditEntry } from '../../src/audit/entry.ts';
import { createVerifier, type Verdict } from '../../src/audit/verify.ts';
import type { Composed } from '../../src/main/compose.ts';

type Log = { readonly broker: Pick<Composed['broker'], 'auditLog'> };

/** Every entry of the chain, oldest first. */
export async function chainOf({ broker }: Log): Promise<AuditEntry[]> {
  const { seq } = await broker.auditLog.head();
  const entries: AuditEntry[] = [];
  for await (const page of broker.auditLog.read(1, seq)) entries.push(...page);
  return entries;
}

/** Verifies the chain as it lies in the store, against its head. */
export async function verdictOn({ broker }: Log): Promise<Verdict> {
  const head = await broker.auditLog.head();
  const verifier = createVerifier({ head });
  for await (const page of broker.auditLog.read(1, head.seq)) {
    for (const entry of page) verifier.push(entry);
  }
  return verifier.finish();
}
