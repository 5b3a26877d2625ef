import type { Command } from 'commander';
import { formatHead } from '../../audit/entry.ts';
import { readLines } from '../audit-lines.ts';
import { addCommand, type CliRun, option } from '../command.ts';
import { asOperator } from '../connect.ts';
import { failed } from '../exit-code.ts';
import { openPrivateFile } from '../files.ts';
import { withProgress } from '../progress.ts';
import type { Terminal } from '../terminal.ts';

/** `audit export`: the whole chain as NDJSON, verified on its way, and its head to keep elsewhere. */
export function addAuditExport(group: Command, cli: CliRun): void {
  addCommand<{ output?: string }>(group, cli, {
    name: 'export',
    summary: 'Write the whole chain as one JSON object a line, and print its head',
    examples: ['audit export -o audit.ndjson', 'audit export | gzip > audit.ndjson.gz'],
    notes:
      'Keep the head where nobody who can write to the store can: it anchors a later verification.',
    options: [
      option('-o, --output <file>', 'write to this new file (mode 0600); stdout otherwise'),
    ],
    async run({ options, out, terminal }) {
      const client = await asOperator({ terminal, out });
      const { createTextVerifier } = await import('../../audit/verify.ts');
      const sink = await openSink(options.output, terminal);
      const verifier = createTextVerifier();
      try {
        await withProgress(terminal, 'exporting', async (report) => {
          const { body } = await client.stream('exportAudit');
          let seen = 0;
          for await (const line of readLines(body, sink.write)) {
            verifier.push(line);
            seen += 1;
            if (seen % 10_000 === 0) report(`exporting: ${seen} entries`);
          }
        });
      } finally {
        await sink.close();
      }
      const verdict = verifier.finish();
      const head = formatHead(verdict.head);
      if (verdict.firstBad) {
        const { seq, problem } = verdict.firstBad;
        throw failed(
          `The chain is broken at record ${seq}: ${problem}.`,
          'The export is complete; compare it with an older one: countersign audit verify FILE --head …',
        );
      }
      if (options.output === undefined) {
        terminal.stderr.write(`head ${head}\n`);
        return;
      }
      const { entries } = verdict;
      out.result({ file: options.output, entries, head }, () => {
        return `${entries} entries in ${options.output}\nhead ${head}`;
      });
      out.note(`Verify it: countersign audit verify ${options.output} --head ${head}`);
    },
  });
}

async function openSink(path: string | undefined, terminal: Terminal) {
  if (path === undefined) {
    return {
      write: (chunk: Uint8Array) =>
        new Promise<void>((resolve) => terminal.stdout.write(chunk, () => resolve())),
      close: async () => {},
    };
  }
  const file = await openPrivateFile(path);
  return {
    write: async (chunk: Uint8Array) => {
      await file.write(chunk);
    },
    close: async () => {
      await file.sync();
      await file.close();
    },
  };
}
