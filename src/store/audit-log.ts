import type { AuditEntry, AuditHead } from '../audit/entry.ts';
import type { AuditFilter, AuditLog } from '../ports/audit-log.ts';
import { appendNow } from './audit-append.ts';
import { type Pool, query, transaction } from './pool.ts';

export const ENTRY_COLUMNS =
  'seq::float8 as seq, ms(time) as time, actor, action, subject, detail, prev, hash';
const PAGE = 1_000;

export interface EntryRow extends Record<string, unknown> {
  time: number;
}

export function toEntry(row: EntryRow): AuditEntry {
  return { ...row, time: new Date(row.time).toISOString() } as unknown as AuditEntry;
}

export function createAuditLog(pool: Pool): AuditLog {
  return {
    append: (drafts) => transaction(pool, (tx) => appendNow(tx, drafts)),
    head: () => head(pool),
    list: async (filter) => {
      const rows = await query<EntryRow>(
        pool,
        `select ${ENTRY_COLUMNS} from audit_entries
         where ($2::bigint is null or seq < $2) and ($3::text is null or subject = $3)
           and ($4::text is null or actor = $4) and ($5::text is null or action = $5
             or (strpos($5, '.') = 0 and starts_with(action, $5 || '.')))
           and ($6::timestamptz is null or time >= $6) and ($7::timestamptz is null or time < $7)
         order by seq desc limit $1`,
        listValues(filter),
      );
      return rows.map(toEntry);
    },
    read: (fromSeq, lastSeq) => readPages(pool, fromSeq, lastSeq),
  };
}

function listValues(filter: AuditFilter): unknown[] {
  return [
    filter.limit,
    filter.beforeSeq ?? null,
    filter.subject ?? null,
    filter.actor ?? null,
    filter.action ?? null,
    filter.since ?? null,
    filter.until ?? null,
  ];
}

async function head(pool: Pool): Promise<AuditHead> {
  const rows = await query<{ seq: number; hash: string }>(
    pool,
    'select seq::float8 as seq, hash from audit_head',
  );
  if (!rows[0]) throw new Error('the audit has no head row');
  return rows[0];
}

async function* readPages(pool: Pool, fromSeq: number, last: number): AsyncGenerator<AuditEntry[]> {
  for (let from = fromSeq; from <= last; from += PAGE) {
    const rows = await query<EntryRow>(
      pool,
      `select ${ENTRY_COLUMNS} from audit_entries where seq between $1 and $2 order by seq`,
      [from, Math.min(from + PAGE - 1, last)],
    );
    yield rows.map(toEntry);
  }
}
