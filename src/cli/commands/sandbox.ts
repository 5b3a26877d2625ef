import { formatBytes } from '../../domain/sizes.ts';
import type { Command } from 'commander';
import type { Template } from '../../contract/schemas/sandbox.ts';
import { addCommand, addGroup, type CliRun, duration } from '../command.ts';
import { asOperator } from '../connect.ts';
import { EXIT, failed, usedWrongly } from '../exit-code.ts';
import { fetchList, type ListOptions, listOptions, printList } from '../list.ts';
import { withProgress } from '../progress.ts';
import { relativeTime } from '../relative-time.ts';
import { buildLine, describeTemplate } from '../template-view.ts';
import { waitUntilBuilt } from '../wait-until-built.ts';

const LONGEST_WAIT_SECONDS = 21_600;

/** `sandbox refresh|list` */
export function addSandboxCommands(program: Command, cli: CliRun): void {
  const group = addGroup(program, 'sandbox', 'Templates that disposable databases are cloned from');
  addRefresh(group, cli);
  addList(group, cli);
}

function addRefresh(group: Command, cli: CliRun): void {
  addCommand<{ timeout?: number }>(group, cli, {
    name: 'refresh <resource> [template]',
    summary: 'Build the next version of a template from its source, masked; open sandboxes stay',
    examples: ['sandbox refresh sandboxes shop', 'sandbox refresh sandboxes --timeout 2h'],
    notes: 'Without a template, every template of the resource, one after the other.',
    options: [duration('--timeout <time>', 'how long to wait for each (6h)', LONGEST_WAIT_SECONDS)],
    async run({ args, options, out, terminal }) {
      const client = await asOperator({ terminal, out });
      const name = args[0] ?? '';
      const names = args[1] === undefined ? await templatesOf(name) : [args[1]];
      const timeoutMs = (options.timeout ?? LONGEST_WAIT_SECONDS) * 1000;
      const built: Template[] = [];
      for (const template of names) {
        const done = await withProgress(terminal, `building ${template}`, async (report) => {
          const params = { name, template };
          const begun = await client.call('refreshTemplate', { params, timeoutMs: 60_000 });
          return waitUntilBuilt(client, begun, timeoutMs, (now) => report(buildLine(now)));
        });
        built.push(done);
        if (done.state !== 'ready' && done.state !== 'retired') break;
      }
      const text = () => built.map((one) => describeTemplate(out, one)).join('\n\n');
      out.result(args[1] === undefined ? built : built[0], text);
      return built.every(({ state }) => state === 'ready' || state === 'retired')
        ? EXIT.done
        : EXIT.failed;

      async function templatesOf(resource: string): Promise<string[]> {
        for await (const one of client.pages('listResources')) {
          if (one.name !== resource) continue;
          if (one.templates?.length) return one.templates;
          throw usedWrongly(
            `${resource} has no templates.`,
            'Write them under templates: in its resource file (docs/sandbox.md).',
          );
        }
        throw failed(`There is no resource ${resource}.`, 'countersign resource list');
      }
    },
  });
}

function addList(group: Command, cli: CliRun): void {
  addCommand<ListOptions>(group, cli, {
    name: 'list <resource>',
    summary: 'Versions of the templates of a resource, newest first',
    examples: ['sandbox list sandboxes'],
    options: listOptions(),
    async run({ args, options, out, terminal }) {
      const client = await asOperator({ terminal, out });
      const name = args[0] ?? '';
      const page = await fetchList(client, 'listTemplates', options, {}, { name });
      const columns = [
        { title: 'TEMPLATE', value: (one: Template) => one.template, flexible: true },
        { title: 'VERSION', value: (one: Template) => one.version },
        { title: 'STATE', value: (one: Template) => one.state },
        { title: 'SOURCE', value: (one: Template) => one.source, flexible: true },
        { title: 'SIZE', value: (one: Template) => one.report && formatBytes(one.report.bytes) },
        { title: 'ROWS', value: (one: Template) => one.report?.rows ?? one.progress?.rows },
        { title: 'MADE', value: (one: Template) => relativeTime(one.created_at, terminal.now()) },
      ];
      printList(out, page, columns, `No template of ${name} was built yet.`);
    },
  });
}
