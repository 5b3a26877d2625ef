import type { Command } from 'commander';
import { type AuditHead, parseHead } from '../../audit/entry.ts';
import { readLines } from '../audit-lines.ts';
import { verdictText } from '../audit-view.ts';
import { addCommand, addGroup, type CliRun, option } from '../command.ts';
import { asOperator } from '../connect.ts';
import { EXIT, usedWrongly } from '../exit-code.ts';
import { openForReading } from '../files.ts';
import { withProgress } from '../progress.ts';
import { addAuditExport } from './audit-export.ts';
import { addAuditTail } from './audit-tail.ts';

/** `audit tail|verify|export` */
export function addAuditCommands(program: Command, cli: CliRun): void {
  const group = addGroup(program, 'audit', 'Read, export and verify the audit chain');
  addAuditTail(group, cli);
  addVerify(group, cli);
  addAuditExport(group, cli);
}

function addVerify(group: Command, cli: CliRun): void {
  addCommand<{ head?: string }>(group, cli, {
    name: 'verify [export]',
    summary: 'Check every link of the chain, offline on an export or from the broker',
    examples: ['audit verify audit.ndjson --head 1234:9f2c…', 'audit verify'],
    notes:
      'A head kept outside (printed at start, at stop and by every export) also catches a cut tail and a\nhistory that was re-hashed throughout. Without it the answer is "not anchored".',
    options: [option('--head <seq:hash>', 'a head kept outside')],
    async run({ args, options, out, terminal }) {
      const head = headOf(options.head);
      const { createTextVerifier } = await import('../../audit/verify.ts');
      const verifier = createTextVerifier(head ? { head } : {});
      const source = args[0] === undefined ? await fromBroker() : fileBytes(args[0]);
      await withProgress(terminal, 'verifying', async (report) => {
        let seen = 0;
        for await (const line of readLines(source)) {
          if (!verifier.push(line)) break;
          seen += 1;
          if (seen % 10_000 === 0) report(`verifying: ${seen} entries`);
        }
      });
      const verdict = verifier.finish();
      out.result(verdict, () => verdictText(out, verdict));
      return verdict.ok ? EXIT.done : EXIT.failed;

      async function fromBroker() {
        const client = await asOperator({ terminal, out });
        return (await client.stream('exportAudit')).body;
      }
    },
  });
}

function headOf(text: string | undefined): AuditHead | undefined {
  if (text === undefined) return undefined;
  const head = parseHead(text);
  if (!head)
    throw usedWrongly('--head is the number and hash of an entry: 1234:9f2c… (64 hex digits).');
  return head;
}

async function* fileBytes(path: string): AsyncGenerator<Uint8Array, void> {
  const file = await openForReading(path);
  yield* file.createReadStream() as AsyncIterable<Uint8Array>;
}
