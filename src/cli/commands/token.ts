import type { Command } from 'commander';
import {
  addCommand,
  addGroup,
  type CliRun,
  duration,
  option,
  required,
  several,
} from '../command.ts';
import { asAgent } from '../connect.ts';
import { EXIT } from '../exit-code.ts';
import { readSecretFile, replacePrivateFile } from '../files.ts';
import { mintOptions, type TaskOptions } from '../mint.ts';
import { LONGEST_WAIT, mintWaiting } from '../mint-waiting.ts';
import { inspectToken } from '../token-inspection.ts';

/** `token mint|inspect|revoke` */
export function addTokenCommands(program: Command, cli: CliRun): void {
  const group = addGroup(program, 'token', 'Mint, inspect and revoke access tokens as an agent');
  addMint(group, cli);
  addInspect(group, cli);
  addCommand<{ tokenFile: string }>(group, cli, {
    name: 'revoke',
    summary: "End one of the agent's own tokens",
    examples: ['token revoke --token-file task.token'],
    options: [required('--token-file <file>', 'the access token, - for stdin')],
    notes: 'An operator ends any token by its id: countersign revoke --token tok_01k… --reason …',
    async run({ options, out, terminal }) {
      const session = await asAgent({ terminal, out });
      const token = await readSecretFile(options.tokenFile, 'an access token', terminal, out);
      await session.revokeToken(token);
      out.result({ revoked: true }, () => 'The token is refused from now on.');
    },
  });
}

interface MintOptions extends TaskOptions {
  readonly scope?: string[];
  readonly resource?: string;
  readonly out?: string;
  readonly wait?: number;
}

function addMint(group: Command, cli: CliRun): void {
  addCommand<MintOptions>(group, cli, {
    name: 'mint',
    summary: 'Ask for an access token; it is printed on stdout',
    examples: [
      'token mint --scope orders-db:read --purpose "Why is order 4711 late?" --out task.token',
      'token mint --scope orders-db:read --task tsk_01k… > task.token',
      'token mint --scope orders-db:repair --purpose "OPS-12" --wait 10m --out task.token',
    ],
    notes:
      'Acts as the agent of COUNTERSIGN_AGENT_ID with the key in COUNTERSIGN_AGENT_KEY_FILE. Where a person has to approve\nfirst, ends with exit code 4; the same command with --task collects the token once somebody has.',
    options: [
      several('--scope <scope>', 'resource:name; may be repeated, all are granted or none'),
      option('--purpose <text>', 'open a task for this purpose'),
      option('--ticket <ticket>', 'the ticket of the new task'),
      option('--task <task>', 'continue this task instead'),
      option(
        '--resource <audience>',
        'audience of the scopes, where the broker does not enforce them',
      ),
      option('--out <file>', 'write the token to this file (mode 0600) instead'),
      duration('--wait <time>', 'wait that long for a person to approve it', LONGEST_WAIT),
    ],
    async run({ options, out, terminal }) {
      const wanted = mintOptions(options, options.scope ?? [], options.resource);
      const session = await asAgent({ terminal, out });
      const minted = await mintWaiting(session, wanted, options.wait, { out, terminal });
      if (options.out) {
        await replacePrivateFile(options.out, `${minted.access_token}\n`);
        const { access_token: _, ...shown } = minted;
        out.result({ ...shown, file: options.out }, () => `The token is in ${options.out}.`);
      } else {
        out.result(minted, () => minted.access_token);
      }
      const task = minted.task_id ? `, task ${minted.task_id}` : '';
      out.note(`${minted.scope || 'no scope'}, for ${minted.expires_in} s${task}`);
    },
  });
}

function addInspect(group: Command, cli: CliRun): void {
  addCommand<{ tokenFile: string; offline?: boolean }>(group, cli, {
    name: 'inspect',
    summary: 'Show what a token says, and whether the broker still accepts it',
    examples: ['token inspect --token-file task.token'],
    options: [
      required('--token-file <file>', 'the access token, - for stdin'),
      option('--offline', 'only decode it'),
    ],
    async run({ options, out, terminal }) {
      const token = await readSecretFile(options.tokenFile, 'an access token', terminal, out);
      const inspected = await inspectToken(token, terminal, options.offline ?? false);
      out.result(inspected.json, () => inspected.text(out));
      return inspected.json.accepted === false ? EXIT.failed : EXIT.done;
    },
  });
}
