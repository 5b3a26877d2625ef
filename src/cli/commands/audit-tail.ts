import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { AuditEntry } from '../../contract/schemas/operate.ts';
import type { Client } from '../../sdk/client.ts';
import { entryLine } from '../audit-view.ts';
import { addCommand, type CliRun, count, option } from '../command.ts';
import { asOperator } from '../connect.ts';

const POLL_MS = 1000;

interface Filters {
  readonly subject?: string | undefined;
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
}

/** `audit tail`: the last entries, oldest first, like a log. */
export function addAuditTail(group: Command, cli: CliRun): void {
  addCommand<Filters & { lines?: number; follow?: boolean }>(group, cli, {
    name: 'tail',
    summary: 'Show the last audit entries, and with -f those to come',
    examples: ['audit tail -f', 'audit tail -n 50 --action lease.revoked --json'],
    notes: 'With --json it prints one JSON object a line.',
    options: [
      count('-n, --lines <n>', 'how many (20)', 1, 200),
      option('-f, --follow', 'go on until Ctrl-C'),
      option('--subject <id>', 'only about this'),
      option('--actor <id>', 'only by this'),
      option('--action <action>', 'only this action, e.g. lease.revoked'),
    ],
    async run({ options, out, terminal }) {
      const client = await asOperator({ terminal, out });
      const { subject, actor, action } = options;
      const filters = { subject, actor, action };
      const query = { ...filters, limit: options.lines ?? 20 };
      let shown = 0;
      const show = (entries: readonly AuditEntry[]) => {
        for (const entry of entries) {
          out.record(entry, () => entryLine(out, entry));
          shown = entry.seq;
        }
      };
      const first = await client.call('listAudit', { query });
      show(first.items.toReversed());
      while (options.follow) {
        await sleep(POLL_MS);
        show(await entriesAfter(client, filters, shown));
      }
    },
  });
}

/** Entries newer than `seq`, oldest first; the API lists the newest first. */
async function entriesAfter(client: Client, filters: Filters, seq: number): Promise<AuditEntry[]> {
  const fresh: AuditEntry[] = [];
  for await (const entry of client.pages('listAudit', { query: filters })) {
    if (entry.seq <= seq) break;
    fresh.push(entry);
  }
  return fresh.reverse();
}
