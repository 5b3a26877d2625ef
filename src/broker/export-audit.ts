import { formatEntry } from '../audit/chain.ts';
import { type AuditEntry, formatHead } from '../audit/entry.ts';
import type { OperatorPrincipal } from '../domain/principal.ts';
import type { Broker } from './context.ts';

/**
 * The whole chain in pages of lines, and its head as `seq:hash`. The export is itself an entry, the last one exported, so that its head
 * can be kept outside and compared later.
 */
export async function exportAudit(
  broker: Broker,
  operator: OperatorPrincipal,
  fromSeq: number,
): Promise<{ head: string; pages: AsyncIterable<string> }> {
  const head = await broker.auditLog.append([
    { actor: operator.id, action: 'audit.exported', subject: 'audit', detail: { from: fromSeq } },
  ]);
  const pages = broker.auditLog.read(fromSeq, head.seq);
  return { head: formatHead(head), pages: asLines(pages) };
}

async function* asLines(pages: AsyncIterable<AuditEntry[]>): AsyncGenerator<string> {
  for await (const page of pages) yield `${page.map(formatEntry).join('\n')}\n`;
}
