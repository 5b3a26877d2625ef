import { showResource } from '../../broker/show-resource.ts';
import { type VerifyStep, verifyAudit } from '../../broker/verify-audit.ts';
import { notFound } from '../../domain/errors.ts';
import type { Handlers } from '../handler.ts';
import { beforeNumber, paged } from '../page.ts';
import { resourceDetail, verifyLine } from '../present-resource.ts';
import { writeLines } from '../write-lines.ts';

async function* lines(steps: AsyncIterable<VerifyStep>): AsyncGenerator<string> {
  for await (const step of steps) yield `${JSON.stringify(verifyLine(step))}\n`;
}

export const inspectHandlers: Pick<
  Handlers,
  'getResource' | 'listAudit' | 'getAuditEntry' | 'verifyAudit'
> = {
  getResource: async ({ broker, params }) =>
    resourceDetail(await showResource(broker, params['name'] ?? '')),
  listAudit: async ({ broker, query: { limit, cursor, ...filter } }) => {
    const after = beforeNumber(cursor);
    const rows = await broker.auditLog.list({
      limit: limit + 1,
      ...('before' in after ? { beforeSeq: Number(after.before) } : {}),
      ...filter,
    });
    return paged(
      rows,
      limit,
      (row) => String(row.seq),
      (row) => row,
    );
  },
  getAuditEntry: async ({ broker, params }) => {
    const seq = Number(/^[1-9][0-9]{0,14}$/.exec(params['seq'] ?? '')?.[0] ?? 0);
    const [entry] = await broker.auditLog.list({ limit: 1, beforeSeq: seq + 1 });
    if (entry?.seq !== seq) throw notFound('This entry');
    return entry;
  },
  verifyAudit: async ({ broker, principal, body, response }) =>
    writeLines(response, lines(verifyAudit(broker, principal, body.head))),
};
