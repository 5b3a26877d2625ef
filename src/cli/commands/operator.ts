import type { Command } from 'commander';
import { ROLES, type Role } from '../../contract/route.ts';
import { addCommand, addGroup, type CliRun, duration, option } from '../command.ts';
import { replacePrivateFile } from '../files.ts';
import { relativeTime } from '../relative-time.ts';

const LONGEST_SECONDS = 3600;

/** `operator token` */
export function addOperatorCommands(program: Command, cli: CliRun): void {
  const group = addGroup(program, 'operator', 'How people and scripts come in');
  addCommand<{ role: Role; ttl?: number; out?: string }>(group, cli, {
    name: 'token',
    summary: "Issue a short-lived operator token, on the broker's host only",
    examples: [
      'operator token --role admin --ttl 15m --out op.token\n  $ export COUNTERSIGN_OPERATOR_TOKEN_FILE=op.token',
      'operator token --role auditor > op.token',
    ],
    notes: "Needs the store's own credentials (the data directory or DATABASE_URL). It is audited.",
    options: [
      option('--role <role>', 'what it may do').choices(ROLES).makeOptionMandatory(),
      duration('--ttl <time>', 'how long it lives (15m)', LONGEST_SECONDS),
      option('--out <file>', 'write the token to this file (mode 0600) instead of printing it'),
    ],
    async run({ options, out, terminal }) {
      const { issueOperatorToken } = await import('../../main/operator-token.ts');
      const { role } = options;
      const issued = await issueOperatorToken({ role, ttlSeconds: options.ttl ?? 900 });
      const left = relativeTime(issued.expires_at, terminal.now());
      if (options.out === undefined) {
        out.result({ ...issued, role }, () => issued.token);
        out.note(`${role} token; it ends ${left}`);
        return;
      }
      await replacePrivateFile(options.out, `${issued.token}\n`);
      const shown = { role, expires_at: issued.expires_at, file: options.out };
      out.result(shown, () => `The ${role} token is in ${options.out}; it ends ${left}.`);
      out.note(`Use it: export COUNTERSIGN_OPERATOR_TOKEN_FILE=${options.out}`);
    },
  });
}
