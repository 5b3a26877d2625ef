import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { IssuedLease } from '../../contract/schemas/tasks.ts';
import { addCommand, type CliRun, duration, option, required } from '../command.ts';
import { asAgent, withToken } from '../connect.ts';
import { formatCredential, formatVariables } from '../credential-view.ts';
import { usedWrongly } from '../exit-code.ts';
import { replacePrivateFile } from '../files.ts';
import { mintOptions, type TaskOptions } from '../mint.ts';
import { LONGEST_WAIT, mintWaiting } from '../mint-waiting.ts';
import type { Output } from '../output.ts';
import { withProgress } from '../progress.ts';
import type { Terminal } from '../terminal.ts';

interface IssueOptions extends TaskOptions {
  readonly scope: string;
  readonly tokenFile?: string;
  readonly env?: boolean;
  readonly out?: string;
  readonly wait?: number;
}

/** `lease issue`: the one moment a credential is shown. */
export function addLeaseIssue(group: Command, cli: CliRun): void {
  addCommand<IssueOptions>(group, cli, {
    name: 'issue',
    summary: 'Get a credential under a scope; it is shown once',
    examples: [
      'lease issue --scope orders-db:read --purpose "Why is order 4711 late?"',
      'lease issue --scope orders-db:read --token-file task.token --json',
      'lease issue --scope orders-db:read --task tsk_01k… --env --out pg.env && . ./pg.env && psql',
    ],
    options: [
      required('--scope <scope>', 'resource:name'),
      option('--token-file <file>', "the task's access token, - for stdin"),
      option('--purpose <text>', 'open a task for this purpose, and mint the token'),
      option('--ticket <ticket>', 'the ticket of the new task'),
      option('--task <task>', 'continue this task, and mint the token'),
      option('--env', 'print shell variables (PGHOST …) instead of a table'),
      option('--out <file>', 'write the credential to this file (mode 0600) instead of showing it'),
      duration('--wait <time>', 'wait that long for a person to approve it', LONGEST_WAIT),
    ],
    async run({ options, out, terminal }) {
      const issued = await withProgress(terminal, 'issuing', () => issue(options, out, terminal));
      const text = () =>
        options.env
          ? formatVariables(issued.credential)
          : formatCredential(out, issued, terminal.now());
      if (options.out === undefined) {
        out.result(issued, text);
      } else {
        const content = out.json ? JSON.stringify(issued, null, 2) : text();
        await replacePrivateFile(options.out, `${content}\n`);
        const { lease } = issued;
        out.result({ lease, file: options.out }, () => `The credential is in ${options.out}.`);
      }
      out.note(`\nEnd it early: countersign lease revoke ${issued.lease.id}`);
    },
  });
}

async function issue(options: IssueOptions, out: Output, terminal: Terminal): Promise<IssuedLease> {
  const { scope, tokenFile, wait, ...task } = options;
  const call = { body: { scope }, idempotencyKey: randomUUID() };
  if (tokenFile !== undefined) {
    if (task.task !== undefined || task.purpose !== undefined) {
      throw usedWrongly('--token-file brings its task along; leave --task and --purpose out.');
    }
    return (await withToken({ terminal, out }, tokenFile)).call('issueLease', call);
  }
  const wanted = mintOptions(task, [scope]);
  const session = await asAgent({ terminal, out });
  const minted = await mintWaiting(session, wanted, wait, { out, terminal });
  return session.client(minted.access_token).call('issueLease', call);
}
