import type { Command } from 'commander';
import type { Stop } from '../../contract/schemas/operate.ts';
import { addCommand, addGroup, type CliRun, reason } from '../command.ts';
import { asOperator } from '../connect.ts';
import { fetchList, type ListOptions, listOptions, printList } from '../list.ts';
import { relativeTime } from '../relative-time.ts';

/** `stop list|lift` */
export function addStopCommands(program: Command, cli: CliRun): void {
  const group = addGroup(program, 'stop', 'What is stopped until an operator lifts it');
  addCommand<ListOptions>(group, cli, {
    name: 'list',
    summary: 'List stops, the standing ones first',
    examples: ['stop list'],
    options: listOptions(),
    async run({ options, out, terminal }) {
      const page = await fetchList(await asOperator({ terminal, out }), 'listStops', options);
      const columns = [
        { title: 'STOP', value: (stop: Stop) => stop.id },
        { title: 'STOPS', value: (stop: Stop) => `${stop.kind} ${stop.target ?? ''}`.trim() },
        { title: 'PLACED', value: (stop: Stop) => relativeTime(stop.placed_at, terminal.now()) },
        {
          title: 'STATE',
          value: (stop: Stop) => (stop.lifted_at ? 'lifted' : 'stands'),
          tint: (stop: Stop, text: string) =>
            stop.lifted_at ? out.paint.dim(text) : out.paint.red(text),
        },
        { title: 'REASON', value: (stop: Stop) => stop.reason, flexible: true },
      ];
      printList(out, page, columns, 'Nothing is stopped.');
    },
  });
  addCommand<{ reason: string }>(group, cli, {
    name: 'lift <stop>',
    summary: 'Lift a stop',
    examples: ['stop lift stp_01k… --reason "key replaced"'],
    options: [reason()],
    async run({ args, options, out, terminal }) {
      const client = await asOperator({ terminal, out });
      const body = { reason: options.reason };
      const stop = await client.call('liftStop', { params: { id: args[0] ?? '' }, body });
      out.result(stop, () => `${stop.id} is lifted: ${stop.kind} ${stop.target ?? ''}`.trim());
      if (stop.kind === 'agent') {
        out.note(`A suspended agent stays so: countersign agent resume ${stop.target} --reason …`);
      }
    },
  });
}
