import type { Command } from 'commander';
import type { ScopeTerms } from '../../contract/schemas/tasks.ts';
import { formatDuration } from '../../domain/duration.ts';
import { addCommand, addGroup, type CliRun, option } from '../command.ts';
import { asWhoeverWeAre } from '../connect.ts';
import { fetchList, type ListOptions, listOptions, printList } from '../list.ts';
import type { Output } from '../output.ts';

/** `scope list` */
export function addScopeCommands(program: Command, cli: CliRun): void {
  const group = addGroup(program, 'scope', 'What may be asked for');
  addCommand<ListOptions & { tokenFile?: string }>(group, cli, {
    name: 'list',
    summary: 'What an agent may ask for and on what terms; an operator sees every scope',
    examples: ['scope list'],
    options: [
      option('--token-file <file>', 'ask with this access token, - for stdin'),
      ...listOptions(),
    ],
    async run({ options, out, terminal }) {
      const client = await asWhoeverWeAre({ terminal, out }, options.tokenFile);
      const page = await fetchList(client, 'listScopes', options);
      const columns = [
        { title: 'SCOPE', value: (scope: ScopeTerms) => scope.scope },
        { title: 'EFFECT', value: (scope: ScopeTerms) => scope.effect },
        { title: 'ENVIRONMENT', value: environmentOf, flexible: true },
        { title: 'YOU GET', value: answerOf, tint: tintAnswer(out), flexible: true },
        { title: 'DESCRIPTION', value: (scope: ScopeTerms) => scope.description, flexible: true },
      ];
      printList(out, page, columns, 'No scopes. They come with a bundle: countersign policy apply');
    },
  });
}

function environmentOf(scope: ScopeTerms): string {
  return `${scope.environment}${scope.protected ? ' (protected)' : ''}`;
}

/** `15m`, `approval`, or why not; nothing for an operator, who gets none of them. */
function answerOf({ decision, ttl }: ScopeTerms): string | undefined {
  if (decision === 'require_approval') return 'approval';
  if (decision === 'allow') return ttl === undefined ? 'yes' : formatDuration(ttl);
  return decision;
}

function tintAnswer(out: Output) {
  const { green, yellow, dim } = out.paint;
  return ({ decision }: ScopeTerms, text: string) =>
    decision === 'allow' ? green(text) : decision === 'deny' ? dim(text) : yellow(text);
}
